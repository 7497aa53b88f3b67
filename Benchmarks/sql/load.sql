-- The loader: many organizations with a user, big balances and, if wanted, a year of uses behind them, made so that
-- `tollgate verify` finds nothing. An administrator runs it; row-level security does not bind one.
--
-- Organization n is md5(n) and its user md5('user' || n), so that a load generator knows both from a number.
-- With history each organization was allocated its tokens before the first month, and its uses of general tokens follow
-- in a chain, one token each; organizations take turns, so that one organization's rows lie as far apart as in life.

CREATE SCHEMA IF NOT EXISTS bench;

CREATE TABLE bench.organizations (
  n bigint NOT NULL PRIMARY KEY,
  id uuid NOT NULL,
  user_id uuid NOT NULL
);
COMMENT ON TABLE bench.organizations IS 'The organizations that were loaded, numbered from 1.';

-- Foreign keys hold by construction; checking them row by row would take most of the time.
CREATE FUNCTION bench.load_organizations(
  organization_count bigint,
  use_count bigint,
  tokens bigint,
  allocated_at timestamptz
) RETURNS void
LANGUAGE plpgsql
SET session_replication_role = replica
SET work_mem = '256MB'
AS $$
#variable_conflict use_variable
DECLARE
  -- What ids begin with that Tollgate makes now.
  first_id CONSTANT text := left(tollgate.first_id_at(now())::text, 14) || '7';
BEGIN
  INSERT INTO bench.organizations (n, id, user_id)
  SELECT n, md5(n::text)::uuid, md5('user' || n)::uuid
  FROM generate_series(1, organization_count) AS n;

  -- In the order of their keys: each index is then written from left to right.
  INSERT INTO public.organizations (id, name, plan, created_at, updated_at)
  SELECT id, 'Organization ' || n, 'enterprise', allocated_at, allocated_at
  FROM bench.organizations
  ORDER BY id;

  INSERT INTO public.user_profiles (id, organization_id, created_at, updated_at)
  SELECT user_id, id, allocated_at, allocated_at
  FROM bench.organizations
  ORDER BY id;

  -- As the triggers would have recorded it, which replica switches off. By hand: tollgate.recorded_columns() and
  -- tollgate.time_ordered_id() for each row took a third of the time.
  INSERT INTO tollgate.audit_log
    (organization_id, id, actor_kind, actor_id, database_role, change, subject, after)
  SELECT made.id, overlay(gen_random_uuid()::text PLACING first_id FROM 1)::uuid, 'database', session_user,
    session_user, 'organization.create', made.id::text,
    jsonb_build_object('name', made.name, 'plan', made.plan, 'nextPlan', made.next_plan,
      'nextPlanFrom', made.next_plan_from, 'status', made.status, 'paymentHold', made.payment_hold,
      'timeZone', made.time_zone)
  FROM public.organizations AS made
    JOIN bench.organizations AS loaded ON loaded.id = made.id;

  INSERT INTO tollgate.audit_log
    (organization_id, id, actor_kind, actor_id, database_role, change, subject, after)
  SELECT made.organization_id, overlay(gen_random_uuid()::text PLACING first_id FROM 1)::uuid, 'database', session_user,
    session_user, 'user.create', made.id::text,
    jsonb_build_object('organizationId', made.organization_id, 'role', made.role)
  FROM public.user_profiles AS made
    JOIN bench.organizations AS loaded ON loaded.user_id = made.id;

  INSERT INTO public.ai_tokens
    (organization_id, token_type, balance, ledger_balance, ledger_sequence, total_allocated, total_used, refresh_date,
     created_at, updated_at)
  SELECT organization.id, allocation.token_type, tokens - spent.uses, tokens - spent.uses, 1 + spent.uses, tokens,
    spent.uses, now() + make_interval(secs => 2592000), allocated_at, now()
  FROM bench.organizations AS organization
    CROSS JOIN tollgate.plan_allocations AS allocation
    CROSS JOIN LATERAL (
      SELECT CASE allocation.token_type
        WHEN 'general' THEN
          use_count / organization_count + (organization.n <= use_count % organization_count)::integer
        ELSE 0
      END AS uses
    ) AS spent
  WHERE allocation.plan = 'enterprise'
  ORDER BY organization.id, allocation.token_type;

  INSERT INTO tollgate.ledger_entries
    (id, organization_id, token_type, kind, amount, balance_before, balance_after, sequence, created_at)
  SELECT
    -- In the order of time, as Tollgate makes them.
    overlay(gen_random_uuid()::text PLACING left(tollgate.first_id_at(allocated_at)::text, 14) || '7' FROM 1)::uuid,
    organization.id, allocation.token_type, 'allocation', tokens, 0, tokens, 1, allocated_at
  FROM bench.organizations AS organization
    CROSS JOIN tollgate.plan_allocations AS allocation
  WHERE allocation.plan = 'enterprise'
  ORDER BY organization.id, allocation.token_type;
END
$$;
COMMENT ON FUNCTION bench.load_organizations(bigint, bigint, bigint, timestamptz) IS
  'Makes organizations on the enterprise plan, each with one user and `tokens` of each type, of which the uses are already spent.';

CREATE FUNCTION bench.make_partition(parent regclass, month timestamptz) RETURNS regclass
LANGUAGE plpgsql
AS $$
DECLARE
  partition CONSTANT text := format('tollgate.%I',
    (SELECT relname FROM pg_class WHERE oid = parent) || to_char(month AT TIME ZONE 'UTC', '_YYYY_MM'));
BEGIN
  EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition, parent);
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', partition);
  EXECUTE format('ALTER TABLE %s OWNER TO tollgate_owner', partition);
  RETURN partition::regclass;
END
$$;
COMMENT ON FUNCTION bench.make_partition(regclass, timestamptz) IS
  'A table for a month that is over, as tollgate.ensure_partitions makes it, not attached yet.';

CREATE FUNCTION bench.attach_partition(parent regclass, partition regclass, month timestamptz) RETURNS void
LANGUAGE plpgsql
SET timezone = 'UTC'
AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
    parent, partition, month, month + interval '1 month');
END
$$;
COMMENT ON FUNCTION bench.attach_partition(regclass, regclass, timestamptz) IS 'Makes the month''s table a partition.';

-- Uses are numbered from 0: use u is of organization u % count + 1, and that organization's use u / count.
CREATE FUNCTION bench.load_uses(month timestamptz, first_use bigint, uses bigint, tokens bigint) RETURNS void
LANGUAGE plpgsql
SET timezone = 'UTC'
SET maintenance_work_mem = '512MB'
AS $$
DECLARE
  parent CONSTANT regclass := 'public.ai_token_usage_log';
  partition CONSTANT regclass := bench.make_partition(parent, month);
  organization_count CONSTANT bigint := (SELECT count(*) FROM bench.organizations);
  seconds_per_use CONSTANT double precision := extract(epoch FROM month + interval '1 month' - month) / uses;
BEGIN
  FOR turn IN first_use / organization_count..(first_use + uses - 1) / organization_count LOOP
    EXECUTE format(
      $insert$
        INSERT INTO %s (id, organization_id, user_id, token_type, feature_used, tokens_deducted, remaining_balance,
          created_at, sequence)
        SELECT
          (lpad(to_hex((extract(epoch FROM created_at) * 1000)::bigint), 12, '0') || '70008'
            || lpad(to_hex(turn.first + n - 1), 15, '0'))::uuid,
          id, user_id, 'general', 'generate_insight', 1, $5 - $2 - 1, created_at, $2 + 2
        FROM bench.organizations
          CROSS JOIN LATERAL (SELECT $1 * $2 AS first) AS turn
          CROSS JOIN LATERAL (
            SELECT $6 + make_interval(secs => (turn.first + n - 1 - $3) * $7) AS created_at
          ) AS moment
        WHERE n > $3 - turn.first AND n <= $3 + $4 - turn.first
        ORDER BY n
      $insert$, partition)
    USING organization_count, turn, first_use, uses, tokens, month, seconds_per_use;
  END LOOP;
  EXECUTE format('ALTER TABLE %s ADD PRIMARY KEY (organization_id, id, created_at)', partition);
  PERFORM bench.attach_partition(parent, partition, month);
END
$$;
COMMENT ON FUNCTION bench.load_uses(timestamptz, bigint, bigint, bigint) IS
  'Makes a month''s partition of the usage log with so many uses, spread evenly over the month. Several sessions may load a month each.';
