CREATE SCHEMA auth;

ALTER SCHEMA auth OWNER TO administrator;

CREATE SCHEMA public;

ALTER SCHEMA public OWNER TO pg_database_owner;

COMMENT ON SCHEMA public IS 'standard public schema';

CREATE SCHEMA tollgate;

ALTER SCHEMA tollgate OWNER TO tollgate_owner;

COMMENT ON SCHEMA tollgate IS 'Tollgate: the rules of settlement, its own tables, and views for operators.';

CREATE TYPE tollgate.settlement AS (
	item bigint,
	outcome text,
	transaction_id uuid,
	token_type text,
	cost bigint,
	balance_before bigint,
	balance_after bigint,
	available bigint,
	state text,
	plan_title text,
	created_at timestamp with time zone,
	replayed boolean
);

ALTER TYPE tollgate.settlement OWNER TO tollgate_owner;

COMMENT ON TYPE tollgate.settlement IS 'What was decided about one item of a batch. outcome: success, insufficient_tokens, not_on_plan, organization_suspended, forbidden, unknown_organization, unknown_feature, amount_out_of_range, idempotency_key_reused or batch_refused.';

CREATE FUNCTION auth.uid() RETURNS uuid
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
        SELECT coalesce(
          nullif(current_setting('request.jwt.claim.sub', true), ''),
          nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
        )::uuid
      $$;

ALTER FUNCTION auth.uid() OWNER TO administrator;

COMMENT ON FUNCTION auth.uid() IS 'The user id (`sub`) of the request''s JWT claims, or NULL.';

CREATE FUNCTION tollgate.admit_organizations(organization_ids uuid[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT set_config('tollgate.organizations', coalesce(array_agg(DISTINCT organization_id)::text, ''), true)
  FROM unnest(organization_ids) AS organization_id
  WHERE organization_id IS NOT NULL
$$;

ALTER FUNCTION tollgate.admit_organizations(organization_ids uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.admit_organizations(organization_ids uuid[]) IS 'Admits the running function to exactly these organizations, until the transaction ends or the function admits none. Every function that touches tenant tables calls it first, so that nothing is inherited from a caller; an exception takes it back.';

CREATE TABLE tollgate.token_types (
    token_type text NOT NULL,
    title text NOT NULL,
    critical_below bigint,
    warning_below bigint,
    safe_from bigint,
    critical_percent integer DEFAULT 20 NOT NULL,
    warning_percent integer DEFAULT 50 NOT NULL,
    critical_blocks boolean DEFAULT false NOT NULL,
    CONSTRAINT "a token type is a lower-case name" CHECK ((token_type ~ '^[a-z][a-z0-9_]{0,62}$'::text)),
    CONSTRAINT "absolute thresholds are in order" CHECK (((0 <= critical_below) AND (critical_below <= warning_below) AND (warning_below <= safe_from))),
    CONSTRAINT "percentages are between 0 and 100 and in order" CHECK (((0 <= critical_percent) AND (critical_percent <= warning_percent) AND (warning_percent <= 100)))
);

ALTER TABLE tollgate.token_types OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.token_types IS 'The kinds of tokens a balance can be of.';

COMMENT ON COLUMN tollgate.token_types.critical_below IS 'Tokens. Below it the state is critical; NULL: critical_percent of the allocation decides.';

COMMENT ON COLUMN tollgate.token_types.warning_below IS 'Tokens. Below it the state is warning; NULL: warning_percent of the allocation decides.';

COMMENT ON COLUMN tollgate.token_types.safe_from IS 'Tokens. From here on nobody needs to look.';

COMMENT ON COLUMN tollgate.token_types.critical_percent IS 'Percent of the allocation. Less than this left is critical.';

COMMENT ON COLUMN tollgate.token_types.warning_percent IS 'Percent of the allocation. This much or less left is warning.';

COMMENT ON COLUMN tollgate.token_types.critical_blocks IS 'Whether nothing may be spent while the state is critical, not even what could be paid.';

CREATE FUNCTION tollgate.balance_state(available bigint, allocated bigint, kind tollgate.token_types) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT tollgate.state_between(
    available, tollgate.critical_threshold(allocated, kind), tollgate.warning_threshold(allocated, kind))
$$;

ALTER FUNCTION tollgate.balance_state(available bigint, allocated bigint, kind tollgate.token_types) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.balance_state(available bigint, allocated bigint, kind tollgate.token_types) IS 'safe, warning, critical or exhausted, for a number of available tokens.';

CREATE FUNCTION tollgate.batch_organizations() RETURNS uuid[]
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  SELECT nullif(pg_catalog.current_setting('tollgate.organizations', true), '')::uuid[]
$$;

ALTER FUNCTION tollgate.batch_organizations() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.batch_organizations() IS 'The organizations that the running function works for; NULL outside of one. The owner''s policies admit exactly these, by (… = ANY …) IS TRUE and not by = ANY alone, which would offer the planner an index on the organization where only one on the whole key is good.';

CREATE FUNCTION tollgate.bring_up_to_date(organization_ids uuid[], token_types text[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  WITH stale AS (
    SELECT
      token.organization_id,
      token.token_type,
      token.ledger_balance AS balance_before,
      token.balance AS balance_found,
      current.balance AS balance_after,
      current.total_allocated,
      current.total_used,
      current.purchased,
      current.refresh_date,
      token.refresh_date AS refresh_date_before,
      token.ledger_sequence AS sequence_before,
      (token.balance <> token.ledger_balance)::integer AS adjustments,
      (token.refresh_date <= now())::integer AS resets
    FROM unnest(organization_ids, token_types) AS named (organization_id, token_type)
      JOIN public.ai_tokens AS token USING (organization_id, token_type)
      JOIN tollgate.current_balances AS current USING (organization_id, token_type)
    WHERE token.balance <> token.ledger_balance OR token.refresh_date <= now()
  ),
  updated AS (
    UPDATE public.ai_tokens AS token
    SET balance = stale.balance_after,
      ledger_balance = stale.balance_after,
      ledger_sequence = stale.sequence_before + stale.adjustments + coalesce(stale.resets, 0),
      total_allocated = stale.total_allocated,
      total_used = stale.total_used,
      purchased = stale.purchased,
      refresh_date = stale.refresh_date,
      updated_at = now()
    FROM stale
    WHERE token.organization_id = stale.organization_id
      AND token.token_type = stale.token_type
      -- Not what somebody else has made of it since: a row that was not locked when this statement began.
      AND (token.balance, token.ledger_balance, token.ledger_sequence, token.refresh_date)
        IS NOT DISTINCT FROM
        (stale.balance_found, stale.balance_before, stale.sequence_before, stale.refresh_date_before)
    RETURNING stale.*
  )
  INSERT INTO tollgate.ledger_entries
    (id, organization_id, token_type, kind, amount, balance_before, balance_after, sequence, metadata)
  SELECT tollgate.time_ordered_id(), organization_id, token_type, 'adjustment', balance_found - balance_before,
    balance_before, balance_found, sequence_before + 1, '{}'::jsonb
  FROM updated
  WHERE adjustments = 1
  UNION ALL
  SELECT tollgate.time_ordered_id(), organization_id, token_type, 'reset', balance_after - balance_found,
    balance_found, balance_after, sequence_before + adjustments + 1,
    jsonb_build_object(
      'periodEnd', refresh_date_before,
      'periods', round(extract(epoch FROM refresh_date - refresh_date_before) / 2592000),
      'nextPeriodEnd', refresh_date)
  FROM updated
  WHERE resets = 1
$$;

ALTER FUNCTION tollgate.bring_up_to_date(organization_ids uuid[], token_types text[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.bring_up_to_date(organization_ids uuid[], token_types text[]) IS 'Books what happened to these balances outside of settlement: a change by hand becomes an adjustment, a period that is over a reset. A row that another transaction changes meanwhile is left as it is: the caller locks and looks again.';

CREATE FUNCTION tollgate.caller_is_trusted() RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  caller CONSTANT name := tollgate.effective_role();
BEGIN
  RETURN pg_has_role(caller, 'tollgate_server', 'MEMBER') OR pg_has_role(caller, 'service_role', 'MEMBER');
END
$$;

ALTER FUNCTION tollgate.caller_is_trusted() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.caller_is_trusted() IS 'True for the server, the service role and superusers: they may act for any organization. Everybody else acts as the user of the request''s claims.';

CREATE FUNCTION tollgate.check_balance(organization_id uuid, user_id uuid, feature text, units bigint DEFAULT 1) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  caller CONSTANT record := tollgate.identify_caller(check_balance.organization_id, check_balance.user_id);
  answer CONSTANT record := tollgate.check_balances(
    ARRAY[caller.organization_id], ARRAY[caller.user_id], ARRAY[caller.membership_required], ARRAY[feature],
    ARRAY[units]);
BEGIN
  PERFORM tollgate.raise_unless_decided(answer.outcome);
  RETURN answer.outcome = 'success';
END
$$;

ALTER FUNCTION tollgate.check_balance(organization_id uuid, user_id uuid, feature text, units bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.check_balance(organization_id uuid, user_id uuid, feature text, units bigint) IS 'Would tollgate.deduct grant this now? Changes nothing. Raises like tollgate.deduct.';

CREATE FUNCTION tollgate.check_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[]) RETURNS TABLE(item bigint, outcome text, token_type text, required bigint, balance bigint, available bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_material TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
  item_numbers CONSTANT integer[] := array_positions(array_fill(1, ARRAY[cardinality(features)]), 1);
  admitted text := set_config('tollgate.organizations', tollgate.named_organizations(organization_ids), true);
BEGIN
  -- What few items need stands where it is evaluated for them alone: the organization's row is read only for one
  -- without a balance, the plan's allocation only for a balance that is not there or due.
  RETURN QUERY
  SELECT
    asked.n::bigint,
    CASE
      WHEN NOT asked.is_admitted THEN 'forbidden'
      WHEN NOT asked.is_known THEN 'unknown_organization'
      WHEN asked.token_type IS NULL THEN 'unknown_feature'
      WHEN asked.cost IS NULL THEN 'amount_out_of_range'
      WHEN asked.is_suspended THEN 'organization_suspended'
      WHEN asked.cost = 0 OR asked.cost <= asked.balance - asked.reserved THEN 'success'
      ELSE 'insufficient_tokens'
    END,
    asked.token_type,
    asked.cost,
    CASE WHEN asked.is_admitted THEN asked.balance END,
    CASE WHEN asked.is_admitted THEN asked.balance - asked.reserved END
  FROM (
    SELECT
      item.n,
      item.membership_required IS FALSE OR EXISTS (
        SELECT
        FROM public.user_profiles AS membership
        WHERE membership.organization_id = item.organization_id AND membership.id = item.user_id
      ) AS is_admitted,
      token.id IS NOT NULL OR EXISTS (
        SELECT
        FROM public.organizations AS organization
        WHERE organization.id = item.organization_id
      ) AS is_known,
      EXISTS (
        SELECT
        FROM public.organizations AS organization
        WHERE organization.id = item.organization_id AND organization.status = 'suspended'
      ) AS is_suspended,
      offered.token_type,
      CASE
        WHEN item.units BETWEEN 1 AND 1000000000000000 / greatest(offered.cost, 1) THEN item.units * offered.cost
      END AS cost,
      CASE
        WHEN token.refresh_date > now() THEN token.balance
        ELSE coalesce(tollgate.current_balance(token, (
          SELECT allocation.tokens
          FROM public.organizations AS organization
            JOIN tollgate.plan_allocations AS allocation ON allocation.plan = organization.plan
          WHERE organization.id = item.organization_id AND allocation.token_type = offered.token_type
        )), 0)
      END AS balance,
      coalesce(token.reserved, 0) AS reserved
    FROM (
      SELECT
        unnest(item_numbers) AS n, unnest(organization_ids) AS organization_id, unnest(user_ids) AS user_id,
        unnest(membership_required) AS membership_required, unnest(features) AS feature, unnest(units) AS units
    ) AS item
      LEFT JOIN tollgate.features AS offered ON offered.feature = item.feature
      LEFT JOIN public.ai_tokens AS token
        ON token.organization_id = item.organization_id AND token.token_type = offered.token_type
    OFFSET 0
  ) AS asked;
  admitted := set_config('tollgate.organizations', '', true);
END
$$;

ALTER FUNCTION tollgate.check_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.check_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[]) IS 'Says of each item whether tollgate.settle would grant it now, one by one and without changing anything. A plan without the feature counts as insufficient_tokens.';

CREATE FUNCTION tollgate.create_organization(name text, plan text, time_zone text DEFAULT 'UTC'::text, id uuid DEFAULT gen_random_uuid()) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_timezone_names AS known WHERE known.name = create_organization.time_zone) THEN
    RAISE EXCEPTION 'There is no such time zone.' USING ERRCODE = 'TG400', HINT = 'Give an IANA name, as Europe/Berlin.';
  END IF;
  IF NOT EXISTS (SELECT FROM tollgate.plans AS known WHERE known.plan = create_organization.plan) THEN
    RAISE EXCEPTION 'There is no such plan.' USING ERRCODE = 'TG400', HINT = 'See tollgate.plans.';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[create_organization.id]);
  INSERT INTO public.organizations (id, name, plan, time_zone)
  VALUES (create_organization.id, create_organization.name, create_organization.plan, create_organization.time_zone);
  PERFORM tollgate.grant_missing_balances(ARRAY[create_organization.id]);
  PERFORM tollgate.admit_organizations('{}');
  RETURN create_organization.id;
END
$$;

ALTER FUNCTION tollgate.create_organization(name text, plan text, time_zone text, id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.create_organization(name text, plan text, time_zone text, id uuid) IS 'Makes an organization with the balances of its plan, and returns its id. Raises TG400 for an unknown plan or time zone.';

CREATE FUNCTION tollgate.create_user(organization_id uuid, email text DEFAULT NULL::text, id uuid DEFAULT gen_random_uuid()) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[create_user.organization_id]);
  -- No key can say that a user is in one organization only, because keys begin with organization_id.
  PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('user'::text, create_user.id), 0));
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'Users are made in transactions that see what others commit.'
      USING ERRCODE = 'invalid_transaction_state', HINT = 'Use READ COMMITTED.';
  END IF;
  PERFORM set_config('tollgate.user_id', create_user.id::text, true);
  IF EXISTS (SELECT FROM public.user_profiles AS known WHERE known.id = create_user.id) THEN
    RAISE EXCEPTION 'This user belongs to an organization already.' USING ERRCODE = 'TG409';
  END IF;
  PERFORM set_config('tollgate.user_id', '', true);
  IF NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = create_user.organization_id) THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  INSERT INTO public.user_profiles (id, organization_id, email)
  VALUES (create_user.id, create_user.organization_id, create_user.email);
  PERFORM tollgate.admit_organizations('{}');
  RETURN create_user.id;
END
$$;

ALTER FUNCTION tollgate.create_user(organization_id uuid, email text, id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.create_user(organization_id uuid, email text, id uuid) IS 'Makes a user a member of an organization, and returns the user''s id. Raises TG404 for an unknown organization, TG409 for a user who has one.';

CREATE FUNCTION tollgate.critical_threshold(allocated bigint, kind tollgate.token_types) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT coalesce(kind.critical_below, (allocated * kind.critical_percent + 99) / 100)
$$;

ALTER FUNCTION tollgate.critical_threshold(allocated bigint, kind tollgate.token_types) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.critical_threshold(allocated bigint, kind tollgate.token_types) IS 'Tokens: fewer than these are critical. The absolute threshold, or less than critical_percent of the allocation.';

CREATE TABLE public.ai_tokens (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organization_id uuid NOT NULL,
    token_type text NOT NULL,
    balance bigint DEFAULT 0 NOT NULL,
    total_allocated bigint DEFAULT 0 NOT NULL,
    total_used bigint DEFAULT 0 NOT NULL,
    refresh_date timestamp with time zone,
    last_used_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    reserved bigint DEFAULT 0 NOT NULL,
    purchased bigint DEFAULT 0 NOT NULL,
    ledger_balance bigint DEFAULT 0 NOT NULL,
    ledger_sequence bigint DEFAULT 0 NOT NULL,
    overdraft bigint DEFAULT 0 NOT NULL,
    announced smallint DEFAULT 0 NOT NULL,
    request_below bigint,
    due_at timestamp with time zone,
    period_anchor timestamp with time zone,
    refilled_at timestamp with time zone,
    purchased_marker bigint DEFAULT 0 NOT NULL,
    purchased_sequence bigint DEFAULT 0 NOT NULL,
    CONSTRAINT "0 to 3 levels are announced" CHECK (((announced >= 0) AND (announced <= 3))),
    CONSTRAINT "a balance is never below its overdraft" CHECK ((balance >= (- overdraft))),
    CONSTRAINT "a period ends at some time" CHECK (isfinite(refresh_date)),
    CONSTRAINT "an overdraft is between 0 and 10^15 tokens" CHECK (((overdraft >= 0) AND (overdraft <= '1000000000000000'::bigint))),
    CONSTRAINT "counts of tokens are at most 10^18" CHECK ((GREATEST(balance, total_allocated, total_used, reserved, purchased) <= '1000000000000000000'::bigint)),
    CONSTRAINT "counts of tokens are never negative" CHECK (((total_allocated >= 0) AND (total_used >= 0) AND (reserved >= 0) AND (purchased >= 0) AND (ledger_sequence >= 0)))
)
WITH (fillfactor='60');

ALTER TABLE ONLY public.ai_tokens FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ai_tokens OWNER TO tollgate_owner;

COMMENT ON TABLE public.ai_tokens IS 'Balances: one row per organization and token type.';

COMMENT ON COLUMN public.ai_tokens.balance IS 'Tokens left, reserved ones included. As of the last movement: a reset that has fallen due since is applied by the next one.';

COMMENT ON COLUMN public.ai_tokens.total_allocated IS 'Tokens that the plan granted for this period.';

COMMENT ON COLUMN public.ai_tokens.total_used IS 'Tokens deducted in this period.';

COMMENT ON COLUMN public.ai_tokens.refresh_date IS 'When the period of 30 days ends; NULL: never.';

COMMENT ON COLUMN public.ai_tokens.reserved IS 'Tokens held by open reservations.';

COMMENT ON COLUMN public.ai_tokens.purchased IS 'The part of the balance that was bought: it survives resets, and is spent after the plan''s part.';

COMMENT ON COLUMN public.ai_tokens.ledger_balance IS 'The balance that the ledger accounts for. Where an administrator changed balance by hand, the difference becomes an adjustment.';

COMMENT ON COLUMN public.ai_tokens.ledger_sequence IS 'Number of the last movement of this balance.';

COMMENT ON COLUMN public.ai_tokens.overdraft IS 'Tokens that may be spent below 0.';

COMMENT ON COLUMN public.ai_tokens.announced IS 'The worst state that this period began with or wrote an event for: 0 safe, 1 warning, 2 critical, 3 exhausted.';

COMMENT ON COLUMN public.ai_tokens.request_below IS 'Tokens: with fewer available an automatic top-up is requested; NULL: not now.';

COMMENT ON COLUMN public.ai_tokens.due_at IS 'When something but the reset falls due: a pack or a reservation expires, an automatic top-up may be requested again; a bucket is always due. NULL: nothing.';

COMMENT ON COLUMN public.ai_tokens.period_anchor IS 'Where anchored months and quarters are counted from.';

COMMENT ON COLUMN public.ai_tokens.refilled_at IS 'The time up to which a bucket was refilled.';

COMMENT ON COLUMN public.ai_tokens.purchased_marker IS 'Tokens: what purchased was when its packs were last brought up to date; what was spent since belongs to the packs that expire first.';

COMMENT ON COLUMN public.ai_tokens.purchased_sequence IS 'The movement at which that was.';

CREATE FUNCTION tollgate.current_balance(token public.ai_tokens, allocated bigint) RETURNS bigint
    LANGUAGE sql STABLE
    AS $$
  SELECT CASE
    WHEN token.refresh_date > now() OR token.refresh_date IS NULL AND token.id IS NOT NULL THEN token.balance
    ELSE coalesce(allocated, 0) + coalesce(least(token.purchased, token.balance), 0)
  END
$$;

ALTER FUNCTION tollgate.current_balance(token public.ai_tokens, allocated bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.current_balance(token public.ai_tokens, allocated bigint) IS 'Tokens as of now, from the row (NULL: there is none yet) and the plan''s allocation: after the period''s end the allocation and what was bought; unused plan tokens do not roll over.';

CREATE FUNCTION tollgate.current_organization_id() RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  RETURN tollgate.organization_of(tollgate.current_user_id());
END
$$;

ALTER FUNCTION tollgate.current_organization_id() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.current_organization_id() IS 'The organization of the user in the request''s claims, by user_profiles and never by a claim; NULL for nobody.';

CREATE FUNCTION tollgate.current_user_id() RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  RETURN auth.uid();
EXCEPTION
  WHEN data_exception THEN RETURN NULL;
END
$$;

ALTER FUNCTION tollgate.current_user_id() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.current_user_id() IS 'The user in the request''s claims; NULL where the claims are absent, empty, no JSON or name no UUID.';

CREATE FUNCTION tollgate.decide_in_order(organization_ids uuid[], user_ids uuid[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], has_known_keys boolean, verdicts text[], slots integer[], rows_at tid[], without_plan boolean[], critical_thresholds bigint[], warning_thresholds bigint[], balances bigint[], reserved bigint[], last_sequences bigint[], INOUT types text[], INOUT costs bigint[], INOUT ids uuid[], OUT outcomes text[], OUT befores bigint[], OUT afters bigint[], OUT availables bigint[], OUT sequences bigint[], OUT states text[], OUT is_final boolean[], OUT times timestamp with time zone[], OUT is_replay boolean[]) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  item_count CONSTANT integer := cardinality(features);
  item_numbers CONSTANT integer[] := array_positions(array_fill(1, ARRAY[item_count]), 1);
  this_week CONSTANT date := date_trunc('week', now() AT TIME ZONE 'UTC')::date;
  week_by_the_clock CONSTANT date := date_trunc('week', clock_timestamp() AT TIME ZONE 'UTC')::date;
  settled_keys tollgate.idempotency_keys[];
  settled tollgate.idempotency_keys;
  fingerprints bigint[];
  -- The item before with the same key, and the one that settled it.
  predecessors integer[];
  origins integer[];
  origin integer;
  -- By slot: the item that was granted last.
  last_granted integer[];
  slot integer;
  spendable bigint;
BEGIN
  outcomes := array_fill(NULL::text, ARRAY[item_count]);
  states := outcomes;
  befores := array_fill(NULL::bigint, ARRAY[item_count]);
  afters := befores;
  availables := befores;
  sequences := befores;
  predecessors := array_fill(NULL::integer, ARRAY[item_count]);
  is_final := array_fill(false, ARRAY[item_count]);
  is_replay := is_final;
  times := array_fill(now(), ARRAY[item_count]);

  IF has_known_keys THEN
    SELECT array_agg(named.predecessor), array_agg(named.fingerprint), array_agg(named.settled)
    INTO predecessors, fingerprints, settled_keys
    FROM (
      SELECT
        CASE WHEN item.key IS NOT NULL THEN
          lag(item.n) OVER (PARTITION BY item.organization_id, item.key ORDER BY item.n)
        END AS predecessor,
        tollgate.fingerprint(item.user_id, item.feature, item.units, item.event_id, item.metadata) AS fingerprint,
        (
          SELECT kept
          FROM tollgate.idempotency_keys AS kept
          WHERE kept.organization_id = item.organization_id
            AND kept.key = item.key
            AND kept.week IN (this_week - 7, this_week, week_by_the_clock)
          LIMIT 1
        ) AS settled
      FROM (
        SELECT
          unnest(item_numbers) AS n, unnest(organization_ids) AS organization_id,
          unnest(idempotency_keys) COLLATE "C" AS key, unnest(user_ids) AS user_id, unnest(features) AS feature,
          unnest(units) AS units, unnest(event_ids) AS event_id, unnest(metadata) AS metadata
      ) AS item
      ORDER BY item.n
    ) AS named;

    FOR n IN 1..item_count LOOP
      settled := settled_keys[n];
      CONTINUE WHEN settled.key IS NULL OR verdicts[n] IN ('forbidden', 'unknown_organization');
      IF settled.fingerprint <> fingerprints[n] THEN
        outcomes[n] := 'idempotency_key_reused';
      ELSE
        outcomes[n] := settled.outcome;
        ids[n] := settled.transaction_id;
        types[n] := settled.token_type;
        costs[n] := settled.cost;
        befores[n] := settled.balance_before;
        afters[n] := settled.balance_after;
        availables[n] := settled.available;
        states[n] := settled.state;
        times[n] := settled.created_at;
        is_replay[n] := true;
      END IF;
    END LOOP;
  END IF;

  FOR n IN 1..item_count LOOP
    CONTINUE WHEN outcomes[n] IS NOT NULL;
    IF predecessors[n] IS NOT NULL THEN
      origins[n] := coalesce(origins[predecessors[n]],
        CASE WHEN outcomes[predecessors[n]] IN ('success', 'insufficient_tokens') THEN predecessors[n] END);
    END IF;
    -- Told nothing about the key; the next item with it looks past this one.
    IF verdicts[n] IN ('forbidden', 'unknown_organization') THEN
      outcomes[n] := verdicts[n];
      CONTINUE;
    END IF;

    origin := origins[n];
    IF origin IS NOT NULL THEN
      IF fingerprints[n] <> fingerprints[origin] THEN
        outcomes[n] := 'idempotency_key_reused';
      ELSE
        outcomes[n] := outcomes[origin];
        ids[n] := ids[origin];
        befores[n] := befores[origin];
        afters[n] := afters[origin];
        availables[n] := availables[origin];
        states[n] := states[origin];
        is_replay[n] := true;
      END IF;
      CONTINUE;
    END IF;

    IF verdicts[n] IN ('unknown_feature', 'amount_out_of_range') THEN
      outcomes[n] := verdicts[n];
      CONTINUE;
    END IF;

    slot := slots[n];
    spendable := balances[slot] - reserved[slot];
    befores[n] := balances[slot];
    IF verdicts[n] = 'organization_suspended' THEN
      outcomes[n] := 'organization_suspended';
    ELSIF costs[n] <= spendable OR costs[n] = 0 THEN
      outcomes[n] := 'success';
      spendable := spendable - costs[n];
      IF rows_at[slot] IS NOT NULL THEN
        balances[slot] := balances[slot] - costs[n];
        last_sequences[slot] := last_sequences[slot] + 1;
        sequences[n] := last_sequences[slot];
        IF last_granted[slot] IS NOT NULL THEN
          is_final[last_granted[slot]] := false;
        END IF;
        last_granted[slot] := n;
        is_final[n] := true;
      END IF;
    ELSIF without_plan[slot] AND spendable <= 0 THEN
      outcomes[n] := 'not_on_plan';
    ELSE
      outcomes[n] := 'insufficient_tokens';
    END IF;
    afters[n] := balances[slot];
    availables[n] := spendable;
    states[n] := tollgate.state_between(spendable, critical_thresholds[slot], warning_thresholds[slot]);
  END LOOP;
END
$$;

ALTER FUNCTION tollgate.decide_in_order(organization_ids uuid[], user_ids uuid[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], has_known_keys boolean, verdicts text[], slots integer[], rows_at tid[], without_plan boolean[], critical_thresholds bigint[], warning_thresholds bigint[], balances bigint[], reserved bigint[], last_sequences bigint[], INOUT types text[], INOUT costs bigint[], INOUT ids uuid[], OUT outcomes text[], OUT befores bigint[], OUT afters bigint[], OUT availables bigint[], OUT sequences bigint[], OUT states text[], OUT is_final boolean[], OUT times timestamp with time zone[], OUT is_replay boolean[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.decide_in_order(organization_ids uuid[], user_ids uuid[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], has_known_keys boolean, verdicts text[], slots integer[], rows_at tid[], without_plan boolean[], critical_thresholds bigint[], warning_thresholds bigint[], balances bigint[], reserved bigint[], last_sequences bigint[], INOUT types text[], INOUT costs bigint[], INOUT ids uuid[], OUT outcomes text[], OUT befores bigint[], OUT afters bigint[], OUT availables bigint[], OUT sequences bigint[], OUT states text[], OUT is_final boolean[], OUT times timestamp with time zone[], OUT is_replay boolean[]) IS 'Decides the items of a batch one after the other, on balances that are locked: replays, reused keys, refusals, grants. Writes nothing. is_final marks the item whose balance after it is the one to be kept.';

CREATE FUNCTION tollgate.deduct(organization_id uuid, user_id uuid, feature text, units bigint DEFAULT 1, idempotency_key text DEFAULT NULL::text, metadata jsonb DEFAULT '{}'::jsonb) RETURNS TABLE(status text, transaction_id uuid, token_type text, feature_used text, cost bigint, balance_before bigint, balance_after bigint, available bigint, state text, created_at timestamp with time zone, replayed boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
  caller CONSTANT record := tollgate.identify_caller(deduct.organization_id, deduct.user_id);
  answer record;
BEGIN
  IF idempotency_key !~ '^[\x21-\x7E]{1,255}$' THEN
    RAISE EXCEPTION 'An idempotency key is 1 to 255 printable ASCII characters.' USING ERRCODE = 'TG400';
  END IF;
  IF jsonb_typeof(metadata) <> 'object' OR octet_length(metadata::text) > 8192 THEN
    RAISE EXCEPTION 'metadata is an object of at most 8192 bytes.' USING ERRCODE = 'TG400';
  END IF;

  FOR attempt IN 1..2 LOOP
    BEGIN
      SELECT settled.*
      INTO answer
      FROM tollgate.settle(
        ARRAY[caller.organization_id], ARRAY[caller.user_id], ARRAY[caller.membership_required], ARRAY[feature],
        ARRAY[units], ARRAY[idempotency_key], ARRAY[NULL::text], ARRAY[metadata], ARRAY[tollgate.time_ordered_id()])
        AS settled;
      EXIT;
    EXCEPTION
      -- Somebody settled the same key at this moment: the second look finds it.
      WHEN unique_violation THEN
        IF attempt = 2 THEN
          RAISE;
        END IF;
    END;
  END LOOP;

  PERFORM tollgate.raise_unless_decided(answer.outcome);
  RETURN QUERY
  SELECT answer.outcome, answer.transaction_id, answer.token_type, deduct.feature, answer.cost,
    answer.balance_before, answer.balance_after, answer.available, answer.state, answer.created_at,
    answer.replayed;
END
$_$;

ALTER FUNCTION tollgate.deduct(organization_id uuid, user_id uuid, feature text, units bigint, idempotency_key text, metadata jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.deduct(organization_id uuid, user_id uuid, feature text, units bigint, idempotency_key text, metadata jsonb) IS 'Spends units × the feature''s price, or refuses: a batch of one for tollgate.settle. status is success, insufficient_tokens, not_on_plan or organization_suspended; what is no refusal is raised as TG400 invalid argument, TG401 no user, TG403 another organization, TG404 unknown organization, TG421 unknown feature, TG422 amount out of range, TG423 key used for another request.';

CREATE FUNCTION tollgate.drop_expired_partitions() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET lock_timeout TO '100ms'
    AS $$
DECLARE
  expired regclass;
  dropped integer := 0;
BEGIN
  FOR expired IN
    SELECT child.oid::regclass
    FROM pg_inherits
      JOIN pg_class AS child ON child.oid = inhrelid
    WHERE inhparent = 'tollgate.idempotency_keys'::regclass
      AND child.relname < 'idempotency_keys_' || to_char(now() - interval '2 weeks', 'IYYY_IW')
  LOOP
    -- Dropping needs the table to itself. While somebody reads it for long it stays, and settlement does not queue up.
    BEGIN
      EXECUTE format('DROP TABLE %s', expired);
      dropped := dropped + 1;
    EXCEPTION
      WHEN lock_not_available THEN RETURN dropped;
    END;
  END LOOP;
  RETURN dropped;
END
$$;

ALTER FUNCTION tollgate.drop_expired_partitions() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.drop_expired_partitions() IS 'Drops idempotency keys of three weeks ago and before, and returns how many partitions that were. Gives up at once where somebody uses the table.';

CREATE FUNCTION tollgate.effective_role() RETURNS name
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  RETURN coalesce(nullif(current_setting('role'), 'none'), session_user);
END
$$;

ALTER FUNCTION tollgate.effective_role() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.effective_role() IS 'The role that the caller acts as, also inside SECURITY DEFINER functions: what SET ROLE chose, or the login.';

CREATE FUNCTION tollgate.ensure_partitions() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
DECLARE
  wanted record;
  made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('partitions'::text), 0));
  FOR wanted IN
    SELECT parent, format('%s_%s', name, to_char(month, 'YYYY_MM')) AS partition,
      quote_literal(month::timestamptz) AS first, quote_literal((month + interval '1 month')::timestamptz) AS beyond
    FROM (VALUES
        ('public.ai_token_usage_log', 'ai_token_usage_log'),
        ('tollgate.ledger_entries', 'ledger_entries')
      ) AS monthly (parent, name),
      generate_series(date_trunc('month', now()), now() + interval '35 days', interval '1 month') AS month
    UNION ALL
    SELECT 'tollgate.idempotency_keys', 'idempotency_keys_' || to_char(week, 'IYYY_IW'),
      quote_literal(week::date), quote_literal(week::date + 7)
    FROM generate_series(date_trunc('week', now()), now() + interval '35 days', interval '1 week') AS week
  LOOP
    CONTINUE WHEN to_regclass('tollgate.' || wanted.partition) IS NOT NULL;
    -- Attaching locks the parent less than CREATE TABLE … PARTITION OF, which would wait for every query on it.
    EXECUTE format('CREATE TABLE tollgate.%I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
      wanted.partition, wanted.parent);
    EXECUTE format('ALTER TABLE tollgate.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', wanted.partition);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION tollgate.%I FOR VALUES FROM (%s) TO (%s)',
      wanted.parent, wanted.partition, wanted.first, wanted.beyond);
    made := made + 1;
  END LOOP;

  RETURN made;
END
$$;

ALTER FUNCTION tollgate.ensure_partitions() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.ensure_partitions() IS 'Makes the partitions for the next 35 days and returns how many it made. Safe to call at any time, by any number at once.';

CREATE FUNCTION tollgate.fingerprint(user_id uuid, feature text, units bigint, event_id text, metadata jsonb) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  -- The metadata as text: jsonb's own hash is the same for {}, [] and NULL.
  SELECT pg_catalog.hash_record_extended(ROW('deduct'::text, user_id, feature, units, event_id, metadata::text), 0)
$$;

ALTER FUNCTION tollgate.fingerprint(user_id uuid, feature text, units bigint, event_id text, metadata jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.fingerprint(user_id uuid, feature text, units bigint, event_id text, metadata jsonb) IS 'What tells one request to spend from another under the same idempotency key.';

CREATE FUNCTION tollgate.grant_missing_balances(organization_ids uuid[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  WITH granted AS (
    INSERT INTO public.ai_tokens
      (organization_id, token_type, balance, ledger_balance, ledger_sequence, total_allocated, refresh_date)
    SELECT organization.id, allocation.token_type, allocation.tokens, allocation.tokens, 1, allocation.tokens,
      now() + make_interval(secs => 2592000)
    FROM public.organizations AS organization
      JOIN tollgate.plan_allocations AS allocation ON allocation.plan = organization.plan
    WHERE organization.id = ANY (organization_ids)
    ORDER BY organization.id, allocation.token_type
    ON CONFLICT (organization_id, token_type) DO NOTHING
    RETURNING organization_id, token_type, balance
  )
  INSERT INTO tollgate.ledger_entries
    (id, organization_id, token_type, kind, amount, balance_before, balance_after, sequence)
  SELECT tollgate.time_ordered_id(), organization_id, token_type, 'allocation', balance, 0, balance, 1
  FROM granted
$$;

ALTER FUNCTION tollgate.grant_missing_balances(organization_ids uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.grant_missing_balances(organization_ids uuid[]) IS 'Gives organizations the balances that their plan has and they lack, each with its allocation in the ledger. The caller has admitted itself to them.';

CREATE FUNCTION tollgate.identify_caller(INOUT organization_id uuid, INOUT user_id uuid, OUT membership_required boolean) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  claimed_user uuid;
BEGIN
  membership_required := NOT tollgate.caller_is_trusted();
  IF membership_required THEN
    claimed_user := tollgate.current_user_id();
    IF claimed_user IS NULL THEN
      RAISE EXCEPTION 'The request names no user.' USING ERRCODE = 'TG401',
        HINT = 'Set request.jwt.claims to the claims of a user, with "sub".';
    END IF;
    IF user_id <> claimed_user THEN
      RAISE EXCEPTION 'A user acts for nobody else.' USING ERRCODE = 'TG403';
    END IF;
    user_id := claimed_user;
    organization_id := coalesce(organization_id, tollgate.organization_of(claimed_user));
  END IF;
END
$$;

ALTER FUNCTION tollgate.identify_caller(INOUT organization_id uuid, INOUT user_id uuid, OUT membership_required boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.identify_caller(INOUT organization_id uuid, INOUT user_id uuid, OUT membership_required boolean) IS 'Who a call from psql or an RPC acts for: a trusted caller for whomever it names, everybody else for the user in the claims, who must then be a member of the organization. Raises TG401 and TG403.';

CREATE FUNCTION tollgate.injected_moment() RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF pg_has_role(session_user, 'tollgate_owner', 'MEMBER') THEN
    RETURN current_setting('tollgate.clock')::timestamptz;
  END IF;
  RETURN now();
END
$$;

ALTER FUNCTION tollgate.injected_moment() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.injected_moment() IS 'The setting tollgate.clock, for who logged in as an administrator (a member of tollgate_owner): rehearsals and tests let time pass with it. For everybody else it means nothing.';

CREATE FUNCTION tollgate.instant_of_local(local timestamp without time zone, time_zone text) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  -- Of a time that exists twice PostgreSQL takes the second, of one that does not exist what the clock shows instead.
  instant CONSTANT timestamptz := local AT TIME ZONE time_zone;
  day_before CONSTANT timestamptz := instant - interval '24 hours';
  first_instant CONSTANT timestamptz :=
    (local - (day_before AT TIME ZONE time_zone - day_before AT TIME ZONE 'UTC')) AT TIME ZONE 'UTC';
BEGIN
  IF first_instant < instant AND first_instant AT TIME ZONE time_zone = local THEN
    RETURN first_instant;
  END IF;
  RETURN instant;
END
$$;

ALTER FUNCTION tollgate.instant_of_local(local timestamp without time zone, time_zone text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.instant_of_local(local timestamp without time zone, time_zone text) IS 'When clocks of a time zone first show this time. One that the clocks skip is counted by the offset before.';

CREATE FUNCTION tollgate.is_planned(token_type text) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
  SELECT EXISTS (SELECT FROM tollgate.plan_allocations AS allocation WHERE allocation.token_type = is_planned.token_type)
$$;

ALTER FUNCTION tollgate.is_planned(token_type text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.is_planned(token_type text) IS 'Whether any plan has tokens of this type: then a plan without them does not have what they pay for.';

CREATE FUNCTION tollgate.lock_keys(organization_ids uuid[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT pg_advisory_xact_lock(locked.lock_number)
  FROM (
    SELECT DISTINCT hash_record_extended(ROW('idempotency'::text, organization_id), 0) AS lock_number
    FROM unnest(organization_ids) AS organization_id
    ORDER BY lock_number
  ) AS locked
$$;

ALTER FUNCTION tollgate.lock_keys(organization_ids uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.lock_keys(organization_ids uuid[]) IS 'Lets one transaction at a time settle idempotency keys of these organizations.';

CREATE FUNCTION tollgate.look_up_items(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[]) RETURNS TABLE(n integer, organization_id uuid, token_type text, cost bigint, price_version integer, verdict text, slot integer)
    LANGUAGE sql STABLE
    AS $$
  SELECT
    known.n::integer,
    known.organization_id,
    known.token_type,
    CASE WHEN known.verdict IS NULL OR known.verdict = 'organization_suspended' THEN known.units * known.price END,
    known.price_version,
    known.verdict,
    CASE WHEN known.has_balance THEN (first_value(known.n) OVER items_of_balance)::integer END
  FROM (
    SELECT
      named.*,
      offered.token_type,
      offered.cost AS price,
      offered.price_version,
      member.is_admitted AND organization.id IS NOT NULL AND offered.feature IS NOT NULL AS has_balance,
      CASE
        WHEN NOT member.is_admitted THEN 'forbidden'
        WHEN organization.id IS NULL THEN 'unknown_organization'
        WHEN offered.feature IS NULL THEN 'unknown_feature'
        WHEN named.units IS NULL OR named.units NOT BETWEEN 1 AND 1000000000000000 / greatest(offered.cost, 1) THEN 'amount_out_of_range'
        WHEN organization.status = 'suspended' THEN 'organization_suspended'
      END AS verdict
    FROM unnest(organization_ids, user_ids, membership_required, features, units)
        WITH ORDINALITY
        AS named (organization_id, user_id, membership_required, feature, units, n)
      LEFT JOIN tollgate.features AS offered ON offered.feature = named.feature
      LEFT JOIN public.organizations AS organization ON organization.id = named.organization_id
      LEFT JOIN public.user_profiles AS membership
        ON membership.organization_id = named.organization_id AND membership.id = named.user_id
      CROSS JOIN LATERAL (SELECT membership.id IS NOT NULL OR NOT coalesce(named.membership_required, true) AS is_admitted) AS member
  ) AS known
  WINDOW items_of_balance AS (PARTITION BY known.has_balance, known.organization_id, known.token_type ORDER BY known.n)
$$;

ALTER FUNCTION tollgate.look_up_items(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.look_up_items(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[]) IS 'What each item of a batch names: its price, its balance''s slot (the number of the first item with this balance), and why it can be refused without looking at the balance (verdict, an outcome).';

CREATE FUNCTION tollgate.mend_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  named_organizations uuid[];
  named_types text[];
BEGIN
  SELECT array_agg(named.organization_id), array_agg(named.token_type)
  INTO named_organizations, named_types
  FROM (
    SELECT DISTINCT item.organization_id, item.token_type
    FROM tollgate.look_up_items(organization_ids, user_ids, membership_required, features, units) AS item
    WHERE item.slot IS NOT NULL
    ORDER BY item.organization_id, item.token_type
  ) AS named;
  PERFORM tollgate.grant_missing_balances(named_organizations);
  PERFORM tollgate.bring_up_to_date(named_organizations, named_types);
END
$$;

ALTER FUNCTION tollgate.mend_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.mend_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[]) IS 'Grants and brings up to date the balances that the items of a batch name. The caller has admitted itself to their organizations.';

CREATE FUNCTION tollgate.moment() RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  SELECT CASE
    WHEN pg_catalog.current_setting('tollgate.clock', true) <> '' THEN tollgate.injected_moment()
    ELSE now()
  END
$$;

ALTER FUNCTION tollgate.moment() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.moment() IS 'The time by which everything is decided: the transaction''s start by the database''s clock, unless an administrator has injected another.';

CREATE FUNCTION tollgate.named_organizations(organization_ids uuid[]) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  SELECT CASE
    WHEN cardinality(array_remove(organization_ids, organization_ids[1])) = 0 THEN organization_ids[1:1]
    ELSE organization_ids
  END::text
$$;

ALTER FUNCTION tollgate.named_organizations(organization_ids uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.named_organizations(organization_ids uuid[]) IS 'The organizations of a batch, as the setting tollgate.organizations takes them. Every policy reads it again: it is short where a whole batch is of one organization.';

CREATE FUNCTION tollgate.next_refresh_date(refresh_date timestamp with time zone, at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT CASE
    WHEN refresh_date <= at THEN
      refresh_date + pg_catalog.make_interval(
        secs => 2592000 * (1 + floor(extract(epoch FROM at - refresh_date) / 2592000)::double precision))
    ELSE refresh_date
  END
$$;

ALTER FUNCTION tollgate.next_refresh_date(refresh_date timestamp with time zone, at timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.next_refresh_date(refresh_date timestamp with time zone, at timestamp with time zone) IS 'The end of the period of 30 × 24 hours that holds `at`, counted from a period''s end. Arithmetic, not a counter: however late and by however many it is applied, a period resets once.';

CREATE FUNCTION tollgate.organization_of(user_id uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  found uuid;
BEGIN
  PERFORM set_config('tollgate.user_id', organization_of.user_id::text, true);
  SELECT (array_agg(profile.organization_id))[1]
  INTO found
  FROM public.user_profiles AS profile
  WHERE profile.id = organization_of.user_id
  HAVING count(*) = 1;
  PERFORM set_config('tollgate.user_id', '', true);
  RETURN found;
END
$$;

ALTER FUNCTION tollgate.organization_of(user_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.organization_of(user_id uuid) IS 'The organization a user belongs to; NULL for an unknown user, and for one who is in two organizations.';

CREATE FUNCTION tollgate.period_at(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone, OUT number bigint, OUT ends_at timestamp with time zone) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  seconds CONSTANT bigint := period_days * 86400::bigint;
  months CONSTANT integer := CASE period WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 ELSE 0 END;
  zone text;
  local_time timestamp;
  local_origin timestamp := '2000-01-01';
BEGIN
  IF NOT isfinite(at) THEN
    RETURN;
  END IF;
  IF period = 'days' THEN
    number := greatest(-1, floor(extract(epoch FROM at - coalesce(last_end, at)) / seconds));
    ends_at := coalesce(last_end, at) + make_interval(secs => seconds * (number + 1));
  ELSIF period IN ('day', 'month', 'quarter') THEN
    zone := tollgate.usable_time_zone(time_zone);
    local_time := at AT TIME ZONE zone;
    IF months > 0 AND isfinite(anchor) THEN
      local_origin := anchor AT TIME ZONE zone;
    END IF;
    -- A number that is not too large, whatever the clocks did last; the next one or two are tried.
    IF months > 0 THEN
      number := floor((
          (extract(year FROM local_time) - extract(year FROM local_origin)) * 12
            + extract(month FROM local_time) - extract(month FROM local_origin)
        ) / months) - 1;
    ELSE
      number := local_time::date - local_origin::date - 1;
    END IF;
    LOOP
      ends_at := tollgate.instant_of_local(
        local_origin + CASE
          WHEN months > 0 THEN make_interval(months => months * (number + 1)::integer)
          ELSE make_interval(days => (number + 1)::integer)
        END,
        zone);
      EXIT WHEN ends_at > at;
      number := number + 1;
    END LOOP;
  END IF;
END
$$;

ALTER FUNCTION tollgate.period_at(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone, OUT number bigint, OUT ends_at timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.period_at(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone, OUT number bigint, OUT ends_at timestamp with time zone) IS 'The period that holds a moment: its number, counted from last_end, the anchor or the calendar, and its end, which is later than the moment. A period of days that was given a later end by hand lasts until then. NULLs: no period ends.';

CREATE FUNCTION tollgate.period_end(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT held.ends_at
  FROM tollgate.period_at(period, period_days, last_end, anchor, time_zone, at) AS held
$$;

ALTER FUNCTION tollgate.period_end(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.period_end(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone) IS 'The end of the period that holds `at`, later than it. days: last_end + k × period_days × 24 hours, or `at` + that where there is no last_end; day, month, quarter: of the calendar in the time zone, months and quarters from the anchor if there is one; never: NULL. Arithmetic, not a counter: however late and by however many it is applied, a period ends once.';

CREATE FUNCTION tollgate.periods_between(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, from_end timestamp with time zone, to_end timestamp with time zone) RETURNS integer
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT coalesce(later.number - earlier.number, 0)::integer
  FROM tollgate.period_at(period, period_days, coalesce(last_end, from_end), anchor, time_zone, from_end) AS earlier,
    tollgate.period_at(period, period_days, coalesce(last_end, from_end), anchor, time_zone, to_end) AS later
$$;

ALTER FUNCTION tollgate.periods_between(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, from_end timestamp with time zone, to_end timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.periods_between(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, from_end timestamp with time zone, to_end timestamp with time zone) IS 'How many periods ended after from_end and no later than to_end; 0 where none ever does. A local day that a time zone skipped counts as one.';

CREATE FUNCTION tollgate.plan_title(organization_id uuid) RETURNS text
    LANGUAGE sql STABLE
    AS $$
  SELECT plan.title
  FROM public.organizations AS organization
    JOIN tollgate.plans AS plan ON plan.plan = organization.plan
  WHERE organization.id = plan_title.organization_id
$$;

ALTER FUNCTION tollgate.plan_title(organization_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.plan_title(organization_id uuid) IS 'The name of an organization''s plan as people read it; NULL without a plan.';

CREATE FUNCTION tollgate.raise_unless_decided(outcome text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  CASE outcome
    WHEN 'success', 'insufficient_tokens', 'not_on_plan', 'organization_suspended' THEN
      RETURN;
    WHEN 'forbidden' THEN
      RAISE EXCEPTION 'The user does not belong to this organization.' USING ERRCODE = 'TG403';
    WHEN 'unknown_organization' THEN
      RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
    WHEN 'unknown_feature' THEN
      RAISE EXCEPTION 'There is no such feature.' USING ERRCODE = 'TG421', HINT = 'See tollgate.features.';
    WHEN 'amount_out_of_range' THEN
      RAISE EXCEPTION 'units and cost are between 1 and 10^15.' USING ERRCODE = 'TG422';
    WHEN 'idempotency_key_reused' THEN
      RAISE EXCEPTION 'This idempotency key was used for another request.' USING ERRCODE = 'TG423';
  END CASE;
END
$$;

ALTER FUNCTION tollgate.raise_unless_decided(outcome text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.raise_unless_decided(outcome text) IS 'Raises an outcome that is neither a success nor a refusal: TG403 another organization, TG404 unknown organization, TG421 unknown feature, TG422 amount out of range, TG423 key used for another request.';

CREATE FUNCTION tollgate.read_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[]) RETURNS TABLE(item integer, outcome text, token_type text, balance bigint, reserved bigint, available bigint, allocated bigint, used bigint, purchased bigint, refresh_date timestamp with time zone, state text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
  PERFORM tollgate.admit_organizations(organization_ids);
  RETURN QUERY
  SELECT
    named.n::integer,
    CASE
      WHEN coalesce(named.membership_required, true) AND membership.id IS NULL THEN 'forbidden'
      WHEN organization.id IS NULL THEN 'unknown_organization'
      ELSE 'success'
    END,
    current.token_type,
    current.balance,
    current.reserved,
    current.balance - current.reserved,
    current.total_allocated,
    current.total_used,
    current.purchased,
    current.refresh_date,
    tollgate.balance_state(current.balance - current.reserved, current.total_allocated, kind)
  FROM unnest(organization_ids, user_ids, membership_required) WITH ORDINALITY
      AS named (organization_id, user_id, membership_required, n)
    LEFT JOIN public.organizations AS organization ON organization.id = named.organization_id
    LEFT JOIN public.user_profiles AS membership
      ON membership.organization_id = named.organization_id AND membership.id = named.user_id
    LEFT JOIN tollgate.current_balances AS current
      ON current.organization_id = organization.id
      AND (membership.id IS NOT NULL OR NOT coalesce(named.membership_required, true))
    LEFT JOIN tollgate.token_types AS kind ON kind.token_type = current.token_type
  ORDER BY named.n, current.token_type;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.read_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[]) IS 'The balances of organizations as of now. An item that may not be read, or an organization without balances, is one row with its outcome and NULLs.';

CREATE FUNCTION tollgate.schema_level() RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT coalesce(max(version), 0) FROM tollgate.schema_migrations
$$;

ALTER FUNCTION tollgate.schema_level() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.schema_level() IS 'The number of the last migration that this database has; a server is ready when it is the one it knows, or later.';

CREATE FUNCTION tollgate.settle(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[]) RETURNS SETOF tollgate.settlement
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_material TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
  item_count CONSTANT integer := cardinality(features);
  item_numbers CONSTANT integer[] := array_positions(array_fill(1, ARRAY[item_count]), 1);
  has_keys CONSTANT boolean := cardinality(array_remove(idempotency_keys, NULL)) > 0;
  this_week CONSTANT date := date_trunc('week', now() AT TIME ZONE 'UTC')::date;
  week_by_the_clock CONSTANT date := date_trunc('week', clock_timestamp() AT TIME ZONE 'UTC')::date;

  -- Each item, as looked up.
  types text[];
  costs bigint[];
  price_versions integer[];
  verdicts text[];
  slots integer[];
  rows_at tid[];
  without_plan boolean[];
  critical_thresholds bigint[];
  warning_thresholds bigint[];
  locked_count bigint;
  is_stale boolean;
  can_all_pay boolean;
  has_known_keys boolean := false;

  -- By slot, where not everybody can pay: each balance before its first item.
  balances bigint[];
  reserved bigint[];
  last_sequences bigint[];

  -- Each item, as decided.
  outcomes text[];
  ids uuid[] := transaction_ids;
  befores bigint[];
  afters bigint[];
  availables bigint[];
  sequences bigint[];
  states text[];
  is_final boolean[];
  times timestamptz[];
  is_replay boolean[];

  written bigint;
  admitted text;
BEGIN
  IF (cardinality(organization_ids) = item_count AND cardinality(user_ids) = item_count
      AND cardinality(membership_required) = item_count AND cardinality(units) = item_count
      AND cardinality(idempotency_keys) = item_count AND cardinality(event_ids) = item_count
      AND cardinality(metadata) = item_count AND cardinality(transaction_ids) = item_count
      AND coalesce(array_ndims(transaction_ids) = 1 AND array_lower(transaction_ids, 1) = 1, true)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'A batch is nine arrays of the same length.' USING ERRCODE = 'TG400';
  END IF;
  IF item_count > 1000 THEN
    RAISE EXCEPTION 'A batch has at most 1000 items.' USING ERRCODE = 'TG400';
  END IF;
  admitted := set_config('tollgate.organizations', tollgate.named_organizations(organization_ids), true);

  FOR attempt IN 1..4 LOOP
    WITH named AS MATERIALIZED (
      SELECT
        item.n,
        item.organization_id,
        offered.token_type,
        item.units * offered.cost AS cost,
        offered.price_version,
        -- Where a balance exists its organization does: all there is to ask is whether it may spend.
        CASE WHEN EXISTS (
          SELECT
          FROM public.organizations AS organization
          WHERE organization.id = item.organization_id AND organization.status = 'suspended'
        ) THEN 'organization_suspended' END AS verdict,
        row_number() OVER (PARTITION BY item.organization_id, offered.token_type ORDER BY item.n) AS place
      FROM (
        SELECT
          unnest(item_numbers) AS n, unnest(organization_ids) AS organization_id, unnest(user_ids) AS user_id,
          unnest(membership_required) AS membership_required, unnest(features) AS feature, unnest(units) AS units
      ) AS item
        JOIN tollgate.features AS offered ON offered.feature = item.feature
      WHERE item.units BETWEEN 1 AND 1000000000000000 / greatest(offered.cost, 1)
        AND (item.membership_required IS FALSE
          OR EXISTS (
            SELECT
            FROM public.user_profiles AS membership
            WHERE membership.organization_id = item.organization_id AND membership.id = item.user_id
          ))
    )
    SELECT
      count(*),
      array_agg(worked_out.token_type), array_agg(worked_out.cost), array_agg(worked_out.price_version),
      array_agg(worked_out.verdict), array_agg(worked_out.slot), array_agg(worked_out.row_at),
      array_agg(worked_out.is_without_plan), array_agg(worked_out.critical_threshold),
      array_agg(worked_out.warning_threshold),
      bool_or(worked_out.is_stale),
      bool_and(worked_out.verdict IS NULL AND worked_out.available >= 0),
      array_agg(worked_out.after + worked_out.cost),
      array_agg(worked_out.after), array_agg(worked_out.available), array_agg(worked_out.sequence),
      array_agg(tollgate.state_between(worked_out.available, worked_out.critical_threshold, worked_out.warning_threshold)),
      array_agg(worked_out.is_final)
    INTO locked_count, types, costs, price_versions, verdicts, slots, rows_at, without_plan, critical_thresholds,
      warning_thresholds, is_stale, can_all_pay, befores, afters, availables, sequences, states, is_final
    FROM (
      SELECT
        totalled.*,
        totalled.balance - totalled.total AS after,
        totalled.balance - totalled.reserved - totalled.total AS available,
        totalled.ledger_sequence + totalled.place AS sequence
      FROM (
        SELECT
          item.n, item.token_type, item.cost, item.price_version, item.verdict, item.place,
          (first_value(item.n) OVER movements)::integer AS slot,
          first_value(item.row_at) OVER movements AS row_at,
          first_value(item.balance) OVER movements AS balance,
          first_value(item.reserved) OVER movements AS reserved,
          first_value(item.ledger_sequence) OVER movements AS ledger_sequence,
          first_value(item.is_stale) OVER movements AS is_stale,
          first_value(item.is_without_plan) OVER movements AS is_without_plan,
          first_value(item.critical_threshold) OVER movements AS critical_threshold,
          first_value(item.warning_threshold) OVER movements AS warning_threshold,
          (sum(item.cost) OVER movements)::bigint AS total,
          lead(item.n) OVER movements IS NULL AS is_final
        FROM (
          -- Each balance is looked for once: where a long snapshot keeps the versions of a hot one alive, that visits
          -- them all. Every transaction locks in key order, which is what keeps several servers from deadlocking.
          SELECT locked.*
          FROM (
            SELECT
              named.*,
              token.ctid AS row_at, token.balance, token.reserved, token.ledger_sequence,
              token.balance <> token.ledger_balance OR token.refresh_date <= now() AS is_stale,
              token.total_allocated = 0 AND tollgate.is_planned(kind.token_type) AS is_without_plan,
              tollgate.critical_threshold(token.total_allocated, kind) AS critical_threshold,
              tollgate.warning_threshold(token.total_allocated, kind) AS warning_threshold
            FROM named
              JOIN tollgate.token_types AS kind ON kind.token_type = named.token_type
              JOIN public.ai_tokens AS token
                ON token.organization_id = named.organization_id AND token.token_type = named.token_type
            WHERE named.place = 1
            ORDER BY named.organization_id, named.token_type
            FOR NO KEY UPDATE OF token
          ) AS locked
          UNION ALL
          SELECT named.*, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
          FROM named
          WHERE named.place > 1
        ) AS item
        WINDOW movements AS (PARTITION BY item.organization_id, item.token_type ORDER BY item.n ROWS UNBOUNDED PRECEDING)
      ) AS totalled
      WHERE totalled.row_at IS NOT NULL
      ORDER BY totalled.n
    ) AS worked_out;
    EXIT WHEN is_stale IS NOT TRUE AND locked_count = item_count;

    -- Rare: something is due, a balance is not there, or an item names what does not exist or is not its own.
    can_all_pay := false;
    IF attempt = 1 OR is_stale THEN
      IF attempt = 4 THEN
        RAISE EXCEPTION 'balances change faster than they can be locked' USING ERRCODE = 'serialization_failure';
      END IF;
      PERFORM tollgate.mend_balances(organization_ids, user_ids, membership_required, features, units);
      CONTINUE;
    END IF;
    -- What is still missing is of no plan, or refused whatever its balance.
    SELECT
      array_agg(known.token_type), array_agg(known.cost), array_agg(known.price_version), array_agg(known.verdict),
      array_agg(known.slot), array_agg(known.row_at), array_agg(known.balance), array_agg(known.reserved),
      array_agg(known.ledger_sequence), array_agg(known.is_without_plan), array_agg(known.critical_threshold),
      array_agg(known.warning_threshold)
    INTO types, costs, price_versions, verdicts, slots, rows_at, balances, reserved, last_sequences, without_plan,
      critical_thresholds, warning_thresholds
    FROM (
      SELECT
        named.*,
        token.ctid AS row_at,
        coalesce(token.balance, 0) AS balance,
        coalesce(token.reserved, 0) AS reserved,
        coalesce(token.ledger_sequence, 0) AS ledger_sequence,
        coalesce(token.total_allocated, 0) = 0 AND tollgate.is_planned(named.token_type) AS is_without_plan,
        tollgate.critical_threshold(coalesce(token.total_allocated, 0), kind) AS critical_threshold,
        tollgate.warning_threshold(coalesce(token.total_allocated, 0), kind) AS warning_threshold
      FROM tollgate.look_up_items(organization_ids, user_ids, membership_required, features, units) AS named
        LEFT JOIN tollgate.token_types AS kind ON kind.token_type = named.token_type
        -- A balance that came after the locking is not locked, and for this batch not there.
        LEFT JOIN public.ai_tokens AS token
          ON token.organization_id = named.organization_id
            AND token.token_type = named.token_type
            AND named.slot IS NOT NULL
            AND token.ctid = ANY (rows_at)
      ORDER BY named.n
    ) AS known;
    EXIT;
  END LOOP;

  IF has_keys THEN
    -- Within a week the primary key lets a key settle once. Across the turn of the week only a lock can: transactions
    -- last less than a minute, so those that could miss each other's keys are both in these two minutes. A transaction
    -- that was begun by hand last week also looks into the week that has come since.
    IF date_trunc('week', (now() - interval '1 minute') AT TIME ZONE 'UTC')
      <> date_trunc('week', (now() + interval '1 minute') AT TIME ZONE 'UTC')
    THEN
      PERFORM tollgate.lock_keys(organization_ids);
    END IF;

    -- A week at a time: each is one partition, and one descent into its index.
    SELECT bool_or(
      named.uses > 1
      OR EXISTS (
        SELECT
        FROM tollgate.idempotency_keys AS kept
        WHERE kept.organization_id = named.organization_id AND kept.key = named.key AND kept.week = this_week
      )
      OR EXISTS (
        SELECT
        FROM tollgate.idempotency_keys AS kept
        WHERE kept.organization_id = named.organization_id AND kept.key = named.key AND kept.week = this_week - 7
      )
      OR week_by_the_clock <> this_week AND EXISTS (
        SELECT
        FROM tollgate.idempotency_keys AS kept
        WHERE kept.organization_id = named.organization_id AND kept.key = named.key AND kept.week = week_by_the_clock
      )
    )
    INTO has_known_keys
    FROM (
      SELECT item.organization_id, item.key, count(*) AS uses
      FROM (SELECT unnest(organization_ids) AS organization_id, unnest(idempotency_keys) COLLATE "C" AS key) AS item
      WHERE item.key IS NOT NULL
      GROUP BY item.organization_id, item.key
    ) AS named;
  END IF;

  IF can_all_pay IS NOT FALSE AND NOT has_known_keys THEN
    outcomes := array_fill('success'::text, ARRAY[item_count]);
    times := array_fill(now(), ARRAY[item_count]);
    is_replay := array_fill(false, ARRAY[item_count]);
  ELSE
    IF balances IS NULL THEN
      balances := befores;
      FOR n IN 1..item_count LOOP
        reserved[n] := afters[n] - availables[n];
        last_sequences[n] := sequences[n] - 1;
      END LOOP;
    END IF;
    SELECT *
    INTO types, costs, ids, outcomes, befores, afters, availables, sequences, states, is_final, times, is_replay
    FROM tollgate.decide_in_order(organization_ids, user_ids, features, units, idempotency_keys, event_ids, metadata,
      has_known_keys, verdicts, slots, rows_at, without_plan, critical_thresholds, warning_thresholds, balances,
      reserved, last_sequences, types, costs, ids);
  END IF;

  -- By the rows' places, which cannot change while they are locked.
  UPDATE public.ai_tokens AS token
  SET balance = changed.balance,
    ledger_balance = changed.balance,
    purchased = least(token.purchased, changed.balance),
    total_used = token.total_used + token.balance - changed.balance,
    ledger_sequence = changed.sequence,
    last_used_at = now(),
    updated_at = now()
  FROM (
    SELECT
      unnest(rows_at) AS row_at, unnest(afters) AS balance, unnest(sequences) AS sequence,
      unnest(is_final) AS is_final
  ) AS changed
  WHERE changed.is_final
    AND token.ctid = changed.row_at;
  GET DIAGNOSTICS written = ROW_COUNT;
  IF written <> coalesce(cardinality(array_positions(is_final, true)), 0) THEN
    RAISE EXCEPTION 'settle wrote % balances of %', written, cardinality(array_positions(is_final, true))
      USING ERRCODE = 'internal_error';
  END IF;

  INSERT INTO public.ai_token_usage_log
    (id, organization_id, user_id, token_type, feature_used, tokens_deducted, remaining_balance, metadata, units,
     price_version, event_id, idempotency_key, sequence)
  SELECT spent.id, spent.organization_id, spent.user_id, spent.token_type, spent.feature, spent.cost,
    spent.balance_after, coalesce(spent.metadata, '{}'), spent.units, spent.price_version, spent.event_id, spent.key,
    spent.sequence
  FROM (
    SELECT
      unnest(ids) AS id, unnest(organization_ids) AS organization_id, unnest(user_ids) AS user_id,
      unnest(types) AS token_type, unnest(features) AS feature, unnest(costs) AS cost, unnest(afters) AS balance_after,
      unnest(metadata) AS metadata, unnest(units) AS units, unnest(price_versions) AS price_version,
      unnest(event_ids) AS event_id, unnest(idempotency_keys) AS key, unnest(sequences) AS sequence,
      unnest(outcomes) AS outcome, unnest(is_replay) AS is_replay
  ) AS spent
  WHERE spent.outcome = 'success' AND NOT spent.is_replay;

  IF outcomes && ARRAY['insufficient_tokens', 'not_on_plan', 'organization_suspended'] THEN
    INSERT INTO tollgate.ledger_entries
      (id, organization_id, token_type, kind, amount, balance_before, balance_after, user_id, feature_used, reason,
       required, event_id, idempotency_key, metadata)
    SELECT refused.id, refused.organization_id, refused.token_type, 'refusal', 0, refused.balance, refused.balance,
      refused.user_id, refused.feature, refused.outcome, refused.cost, refused.event_id, refused.key,
      coalesce(refused.metadata, '{}')
    FROM (
      SELECT
        unnest(ids) AS id, unnest(organization_ids) AS organization_id, unnest(types) AS token_type,
        unnest(befores) AS balance, unnest(user_ids) AS user_id, unnest(features) AS feature, unnest(costs) AS cost,
        unnest(event_ids) AS event_id, unnest(idempotency_keys) AS key, unnest(metadata) AS metadata,
        unnest(outcomes) AS outcome, unnest(is_replay) AS is_replay
    ) AS refused
    WHERE refused.outcome IN ('insufficient_tokens', 'not_on_plan', 'organization_suspended') AND NOT refused.is_replay;
  END IF;

  IF has_keys THEN
    INSERT INTO tollgate.idempotency_keys
      (organization_id, key, week, fingerprint, outcome, transaction_id, token_type, cost, balance_before,
       balance_after, available, state)
    SELECT answered.organization_id, answered.key, this_week,
      tollgate.fingerprint(answered.user_id, answered.feature, answered.units, answered.event_id, answered.metadata),
      answered.outcome, answered.id, answered.token_type, answered.cost, answered.balance_before,
      answered.balance_after, answered.available, answered.state
    FROM (
      SELECT
        unnest(organization_ids) AS organization_id, unnest(idempotency_keys) AS key, unnest(user_ids) AS user_id,
        unnest(features) AS feature, unnest(units) AS units, unnest(event_ids) AS event_id,
        unnest(metadata) AS metadata, unnest(outcomes) AS outcome, unnest(ids) AS id, unnest(types) AS token_type,
        unnest(costs) AS cost, unnest(befores) AS balance_before, unnest(afters) AS balance_after,
        unnest(availables) AS available, unnest(states) AS state, unnest(is_replay) AS is_replay
    ) AS answered
    WHERE answered.key IS NOT NULL
      AND answered.outcome IN ('success', 'insufficient_tokens')
      AND NOT answered.is_replay;
  END IF;

  RETURN QUERY
  SELECT answer.n::bigint, answer.outcome, answer.id, answer.token_type, answer.cost, answer.balance_before,
    answer.balance_after, answer.available, answer.state,
    CASE WHEN answer.outcome = 'not_on_plan' THEN tollgate.plan_title(answer.organization_id) END, answer.created_at,
    answer.is_replay
  FROM (
    SELECT
      unnest(item_numbers) AS n, unnest(outcomes) AS outcome, unnest(ids) AS id,
      unnest(organization_ids) AS organization_id, unnest(types) AS token_type, unnest(costs) AS cost,
      unnest(befores) AS balance_before, unnest(afters) AS balance_after, unnest(availables) AS available,
      unnest(states) AS state, unnest(times) AS created_at, unnest(is_replay) AS is_replay
  ) AS answer;
  admitted := set_config('tollgate.organizations', '', true);
END
$$;

ALTER FUNCTION tollgate.settle(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.settle(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[]) IS 'Settles a batch of deductions in one transaction: each item is answered as if alone and in order. Refusals are rows (outcome), never exceptions.';

CREATE FUNCTION tollgate.settle_atomically(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[]) RETURNS SETOF tollgate.settlement
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  settled tollgate.settlement[];
  admitted text;
BEGIN
  BEGIN
    SELECT array_agg(answer ORDER BY answer.item)
    INTO settled
    FROM tollgate.settle(organization_ids, user_ids, membership_required, features, units, idempotency_keys, event_ids,
      metadata, transaction_ids) AS answer;
    IF EXISTS (SELECT FROM unnest(settled) AS answer WHERE answer.outcome <> 'success') THEN
      RAISE EXCEPTION 'The batch is refused.' USING ERRCODE = 'TG100';
    END IF;
  EXCEPTION
    -- What was written is undone, what was decided is still known: the refusals are recorded, the rest never happened.
    -- Without their keys: none is remembered, so that the same batch may be sent again, refused again or granted.
    WHEN SQLSTATE 'TG100' THEN
      admitted := set_config('tollgate.organizations', organization_ids::text, true);
      INSERT INTO tollgate.ledger_entries
        (id, organization_id, token_type, kind, amount, balance_before, balance_after, user_id, feature_used, reason,
         required, event_id, idempotency_key, metadata)
      SELECT answer.transaction_id, organization_ids[answer.item], answer.token_type, 'refusal', 0,
        answer.balance_before, answer.balance_before, user_ids[answer.item], features[answer.item], answer.outcome,
        answer.cost, event_ids[answer.item], NULL, coalesce(metadata[answer.item], '{}')
      FROM unnest(settled) AS answer
      WHERE answer.outcome IN ('insufficient_tokens', 'not_on_plan', 'organization_suspended') AND NOT answer.replayed;
      admitted := set_config('tollgate.organizations', '', true);
      RETURN QUERY
      SELECT answer.item, 'batch_refused', NULL::uuid, NULL::text, NULL::bigint, NULL::bigint, NULL::bigint,
        NULL::bigint, NULL::text, NULL::text, NULL::timestamptz, false
      FROM unnest(settled) AS answer
      WHERE answer.outcome = 'success' AND NOT answer.replayed
      UNION ALL
      SELECT answer.*
      FROM unnest(settled) AS answer
      WHERE answer.outcome <> 'success' OR answer.replayed;
      RETURN;
  END;
  RETURN QUERY SELECT answer.* FROM unnest(settled) AS answer;
END
$$;

ALTER FUNCTION tollgate.settle_atomically(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.settle_atomically(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[]) IS 'Settles a batch as a whole or not at all. When one item is not granted the others are batch_refused (but for those settled before, whose answers stand), no key is remembered, and the refusals are recorded with the balance they met after the items before them.';

CREATE FUNCTION tollgate.state_between(available bigint, critical_below bigint, warning_below bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT CASE
    WHEN available <= 0 THEN 'exhausted'
    WHEN available < critical_below THEN 'critical'
    WHEN available < warning_below THEN 'warning'
    WHEN available IS NOT NULL THEN 'safe'
  END
$$;

ALTER FUNCTION tollgate.state_between(available bigint, critical_below bigint, warning_below bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.state_between(available bigint, critical_below bigint, warning_below bigint) IS 'safe, warning, critical or exhausted, for a number of available tokens and the thresholds they are held against; NULL for NULL.';

CREATE FUNCTION tollgate.time_ordered_id() RETURNS uuid
    LANGUAGE plpgsql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  RETURN encode(
    set_bit(
      set_bit(
        overlay(
          uuid_send(gen_random_uuid())
          PLACING substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
          FROM 1 FOR 6),
        52, 1),
      53, 1),
    'hex')::uuid;
END
$$;

ALTER FUNCTION tollgate.time_ordered_id() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.time_ordered_id() IS 'A UUID of version 7 (RFC 9562): 48 bits of milliseconds since 1970, then random. New rows land at an index''s right edge.';

CREATE FUNCTION tollgate.usable_time_zone(time_zone text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  PERFORM timezone(time_zone, 'epoch'::timestamptz);
  RETURN coalesce(time_zone, 'UTC');
EXCEPTION
  WHEN invalid_parameter_value THEN RETURN 'UTC';
END
$$;

ALTER FUNCTION tollgate.usable_time_zone(time_zone text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.usable_time_zone(time_zone text) IS 'The time zone, or UTC where PostgreSQL does not know it: one that was written by hand, or that its own update took away, must stop nobody.';

CREATE FUNCTION tollgate.warning_threshold(allocated bigint, kind tollgate.token_types) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT coalesce(kind.warning_below, allocated * kind.warning_percent / 100 + 1)
$$;

ALTER FUNCTION tollgate.warning_threshold(allocated bigint, kind tollgate.token_types) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.warning_threshold(allocated bigint, kind tollgate.token_types) IS 'Tokens: fewer than these deserve a warning. The absolute threshold, or warning_percent of the allocation or less.';

CREATE TABLE public.ai_token_usage_log (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organization_id uuid NOT NULL,
    user_id uuid,
    token_type text NOT NULL,
    feature_used text NOT NULL,
    tokens_deducted bigint NOT NULL,
    remaining_balance bigint NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    units bigint DEFAULT 1 NOT NULL,
    price_version integer DEFAULT 1 NOT NULL,
    event_id text,
    idempotency_key text,
    sequence bigint,
    from_purchased bigint DEFAULT 0 NOT NULL,
    reservation_id uuid,
    dimensions jsonb,
    CONSTRAINT "a use deducts 0 or more tokens" CHECK ((tokens_deducted >= 0)),
    CONSTRAINT "a use takes bought tokens from what it deducts" CHECK (((from_purchased >= 0) AND (from_purchased <= tokens_deducted)))
)
PARTITION BY RANGE (created_at);

ALTER TABLE ONLY public.ai_token_usage_log FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ai_token_usage_log OWNER TO tollgate_owner;

COMMENT ON TABLE public.ai_token_usage_log IS 'One row per successful use of a feature. It is also the ledger''s row of that deduction.';

COMMENT ON COLUMN public.ai_token_usage_log.tokens_deducted IS 'Tokens; units × the feature''s price at the time.';

COMMENT ON COLUMN public.ai_token_usage_log.remaining_balance IS 'Tokens left after this use.';

COMMENT ON COLUMN public.ai_token_usage_log.sequence IS 'Place in the chain of this balance''s movements; NULL where no balance was involved.';

COMMENT ON COLUMN public.ai_token_usage_log.from_purchased IS 'Tokens of this use that were bought ones.';

COMMENT ON COLUMN public.ai_token_usage_log.reservation_id IS 'The reservation that was captured; NULL: an immediate deduction.';

COMMENT ON COLUMN public.ai_token_usage_log.dimensions IS 'Units of a price with dimensions, as {"input": 1200}.';

CREATE TABLE public.organizations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    plan text,
    status text DEFAULT 'active'::text NOT NULL,
    time_zone text DEFAULT 'UTC'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    next_plan text,
    next_plan_from timestamp with time zone,
    CONSTRAINT "a next plan has its time" CHECK (((next_plan IS NULL) = (next_plan_from IS NULL))),
    CONSTRAINT "an organization is active or suspended" CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text]))),
    CONSTRAINT "an organization's name has 1 to 200 characters" CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);

ALTER TABLE ONLY public.organizations FORCE ROW LEVEL SECURITY;

ALTER TABLE public.organizations OWNER TO tollgate_owner;

COMMENT ON TABLE public.organizations IS 'The tenants. Their id is the organization_id of every other table.';

COMMENT ON COLUMN public.organizations.plan IS 'NULL: no plan, hence no plan tokens.';

COMMENT ON COLUMN public.organizations.status IS 'suspended: spending is refused, balances stay as they are.';

COMMENT ON COLUMN public.organizations.time_zone IS 'IANA name; where its days begin.';

COMMENT ON COLUMN public.organizations.next_plan IS 'The plan that holds from next_plan_from on: a downgrade that waits for the reset. NULL: none.';

CREATE TABLE public.user_profiles (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organization_id uuid NOT NULL,
    email text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.user_profiles FORCE ROW LEVEL SECURITY;

ALTER TABLE public.user_profiles OWNER TO tollgate_owner;

COMMENT ON TABLE public.user_profiles IS 'Who belongs to which organization. A user of two organizations has to name the one they mean; row-level security, which cannot be told, shows neither.';

COMMENT ON COLUMN public.user_profiles.id IS 'The user id: `sub` of the JWT.';

CREATE TABLE tollgate.auto_top_ups (
    organization_id uuid NOT NULL,
    token_type text NOT NULL,
    below bigint NOT NULL,
    amount bigint NOT NULL,
    period_maximum integer DEFAULT 3 NOT NULL,
    cool_off_seconds integer DEFAULT 3600 NOT NULL,
    requested_count integer DEFAULT 0 NOT NULL,
    requested_at timestamp with time zone,
    CONSTRAINT "a cool-off lasts 0 seconds to 366 days" CHECK (((cool_off_seconds >= 0) AND (cool_off_seconds <= 31622400))),
    CONSTRAINT "a top-up has 1 to 10^15 tokens" CHECK ((((amount >= 1) AND (amount <= '1000000000000000'::bigint)) AND ((below >= 1) AND (below <= '1000000000000000'::bigint)))),
    CONSTRAINT "a top-up is requested 0 to 1000 times a period" CHECK ((((period_maximum >= 0) AND (period_maximum <= 1000)) AND (requested_count >= 0)))
);

ALTER TABLE ONLY tollgate.auto_top_ups FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.auto_top_ups OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.auto_top_ups IS 'When fewer than `below` tokens are available an event asks for a top-up of `amount`.';

COMMENT ON COLUMN tollgate.auto_top_ups.below IS 'Tokens.';

COMMENT ON COLUMN tollgate.auto_top_ups.amount IS 'Tokens to ask for.';

COMMENT ON COLUMN tollgate.auto_top_ups.period_maximum IS 'As many requests in a period.';

COMMENT ON COLUMN tollgate.auto_top_ups.cool_off_seconds IS 'Seconds between two requests.';

COMMENT ON COLUMN tollgate.auto_top_ups.requested_count IS 'Requests in this period.';

CREATE TABLE tollgate.plan_allocations (
    plan text NOT NULL,
    token_type text NOT NULL,
    tokens bigint NOT NULL,
    period text DEFAULT 'days'::text NOT NULL,
    period_days integer DEFAULT 30 NOT NULL,
    anchored boolean DEFAULT false NOT NULL,
    rollover_cap bigint DEFAULT 0 NOT NULL,
    refill_tokens bigint,
    refill_seconds integer,
    overdraft bigint DEFAULT 0 NOT NULL,
    CONSTRAINT "0 to 10^15 tokens roll over" CHECK (((rollover_cap >= 0) AND (rollover_cap <= '1000000000000000'::bigint))),
    CONSTRAINT "a period has 1 to 3660 days" CHECK (((period_days >= 1) AND (period_days <= 3660))),
    CONSTRAINT "a period is days, day, month, quarter or never" CHECK ((period = ANY (ARRAY['days'::text, 'day'::text, 'month'::text, 'quarter'::text, 'never'::text]))),
    CONSTRAINT "a refill is 1 to 10^9 tokens in 1 second to 366 days" CHECK ((((refill_tokens IS NULL) AND (refill_seconds IS NULL)) OR (((refill_tokens >= 1) AND (refill_tokens <= 1000000000)) AND ((refill_seconds >= 1) AND (refill_seconds <= 31622400))))),
    CONSTRAINT "an allocation is between 0 and 10^15 tokens" CHECK (((tokens >= 0) AND (tokens <= '1000000000000000'::bigint))),
    CONSTRAINT "an overdraft is between 0 and 10^15 tokens" CHECK (((overdraft >= 0) AND (overdraft <= '1000000000000000'::bigint)))
);

ALTER TABLE tollgate.plan_allocations OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.plan_allocations IS 'Tokens that a plan grants for each period, and how they come and go. A change takes effect for a balance with its next period.';

COMMENT ON COLUMN tollgate.plan_allocations.tokens IS 'Tokens per period, and the capacity of a bucket; 0: the plan does not have what these tokens pay for.';

COMMENT ON COLUMN tollgate.plan_allocations.period IS 'days: period_days × 24 hours; day, month, quarter: of the calendar in the organization''s time zone; never: no reset.';

COMMENT ON COLUMN tollgate.plan_allocations.anchored IS 'Months and quarters: counted from the day the balance began (the 31st becomes the last of a short month) and not from the 1st.';

COMMENT ON COLUMN tollgate.plan_allocations.rollover_cap IS 'Tokens: as many unused ones stay at a reset; 0: none.';

COMMENT ON COLUMN tollgate.plan_allocations.refill_tokens IS 'A bucket: as many tokens come back every refill_seconds, evenly, up to its capacity; NULL: no bucket.';

COMMENT ON COLUMN tollgate.plan_allocations.overdraft IS 'Tokens that may be spent below 0.';

CREATE VIEW tollgate.current_balances WITH (security_invoker='true') AS
 SELECT organization.id AS organization_id,
    kind.token_type,
    tollgate.current_balance(token.*, allocation.tokens) AS balance,
    COALESCE(token.reserved, (0)::bigint) AS reserved,
        CASE
            WHEN ((token.refresh_date > now()) OR ((token.refresh_date IS NULL) AND (token.id IS NOT NULL))) THEN token.total_allocated
            ELSE COALESCE(allocation.tokens, (0)::bigint)
        END AS total_allocated,
        CASE
            WHEN (token.refresh_date <= now()) THEN (0)::bigint
            ELSE COALESCE(token.total_used, (0)::bigint)
        END AS total_used,
    COALESCE(LEAST(token.purchased, token.balance), (0)::bigint) AS purchased,
        CASE
            WHEN (token.id IS NULL) THEN (now() + make_interval(secs => (2592000)::double precision))
            ELSE tollgate.next_refresh_date(token.refresh_date, now())
        END AS refresh_date
   FROM (((public.organizations organization
     CROSS JOIN tollgate.token_types kind)
     LEFT JOIN public.ai_tokens token ON (((token.organization_id = organization.id) AND (token.token_type = kind.token_type))))
     LEFT JOIN tollgate.plan_allocations allocation ON (((allocation.plan = organization.plan) AND (allocation.token_type = kind.token_type))))
  WHERE ((token.id IS NOT NULL) OR (allocation.plan IS NOT NULL));

ALTER TABLE tollgate.current_balances OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.current_balances IS 'Balances as of now: a reset that has fallen due counts, whether or not it is in ai_tokens yet, and so does an allocation. Unused plan tokens do not roll over, bought ones stay.';

CREATE VIEW tollgate.due_resets WITH (security_invoker='true') AS
 SELECT ai_tokens.organization_id,
    ai_tokens.token_type,
    ai_tokens.balance,
    ai_tokens.total_used,
    ai_tokens.refresh_date,
    (now() - ai_tokens.refresh_date) AS overdue
   FROM public.ai_tokens
  WHERE (ai_tokens.refresh_date <= now());

ALTER TABLE tollgate.due_resets OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.due_resets IS 'Balances whose period is over and which nobody has touched since. Their next use applies the reset first.';

CREATE TABLE tollgate.events (
    organization_id uuid NOT NULL,
    event_id uuid NOT NULL,
    kind text NOT NULL,
    token_type text,
    payload jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "an event is of a known kind" CHECK ((kind = ANY (ARRAY['threshold_crossed'::text, 'top_up_requested'::text, 'limit_exceeded'::text, 'plan_changed'::text, 'organization_suspended'::text, 'organization_resumed'::text])))
);

ALTER TABLE ONLY tollgate.events FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.events OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.events IS 'The outbox: what somebody should be told, written in the transaction in which it happened.';

COMMENT ON COLUMN tollgate.events.payload IS 'What happened, as the receiver gets it.';

CREATE TABLE tollgate.features (
    feature text NOT NULL,
    token_type text NOT NULL,
    cost bigint NOT NULL,
    price_version integer DEFAULT 1 NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    endpoint_type text,
    rates jsonb,
    is_limited boolean DEFAULT false NOT NULL,
    CONSTRAINT "a feature costs between 0 and 10^15 tokens" CHECK (((cost >= 0) AND (cost <= '1000000000000000'::bigint))),
    CONSTRAINT "a feature is a lower-case name" CHECK ((feature ~ '^[a-z][a-z0-9_]{0,62}$'::text)),
    CONSTRAINT "an endpoint is single, composite or batch" CHECK ((endpoint_type = ANY (ARRAY['single'::text, 'composite'::text, 'batch'::text]))),
    CONSTRAINT "rates are an object" CHECK ((jsonb_typeof(rates) = 'object'::text))
);

ALTER TABLE tollgate.features OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.features IS 'What tokens are spent on: features and actions with their price.';

COMMENT ON COLUMN tollgate.features.cost IS 'Tokens per unit; 0: works with an empty balance, and is recorded.';

COMMENT ON COLUMN tollgate.features.price_version IS 'Counts the prices this feature has had; a charge keeps the one it was made under.';

COMMENT ON COLUMN tollgate.features.rates IS 'A price with dimensions, as {"input": {"tokens": 3, "per": 1000}}: tokens for each 1, 1000 or 1000000 of a dimension; cost is not used then. NULL: cost is the price.';

COMMENT ON COLUMN tollgate.features.is_limited IS 'Whether a limit of tollgate.limits may bind it; kept by that table''s trigger.';

CREATE TABLE tollgate.idempotency_keys (
    organization_id uuid NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    week date NOT NULL,
    fingerprint bigint NOT NULL,
    outcome text NOT NULL,
    transaction_id uuid NOT NULL,
    token_type text NOT NULL,
    cost bigint NOT NULL,
    balance_before bigint NOT NULL,
    balance_after bigint NOT NULL,
    available bigint NOT NULL,
    state text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    details jsonb
)
PARTITION BY RANGE (week);

ALTER TABLE ONLY tollgate.idempotency_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.idempotency_keys OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.idempotency_keys IS 'What a request under an idempotency key was answered. A key is remembered for this week and the one before.';

COMMENT ON COLUMN tollgate.idempotency_keys.week IS 'The Monday (UTC) of the week in which the key was settled.';

COMMENT ON COLUMN tollgate.idempotency_keys.fingerprint IS 'A hash of the request''s content: another request under the same key is refused.';

COMMENT ON COLUMN tollgate.idempotency_keys.details IS 'What the answer said besides.';

CREATE TABLE tollgate.ledger_entries (
    id uuid NOT NULL,
    organization_id uuid NOT NULL,
    token_type text NOT NULL,
    kind text NOT NULL,
    amount bigint NOT NULL,
    balance_before bigint NOT NULL,
    balance_after bigint NOT NULL,
    sequence bigint,
    user_id uuid,
    feature_used text,
    reason text,
    required bigint,
    event_id text,
    idempotency_key text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    subject_id uuid,
    price_version integer,
    CONSTRAINT "a ledger entry is of a known kind" CHECK ((kind = ANY (ARRAY['allocation'::text, 'reset'::text, 'adjustment'::text, 'refusal'::text, 'refund'::text, 'top_up'::text, 'expiry'::text, 'reservation'::text, 'release'::text]))),
    CONSTRAINT "a ledger entry moves what it says" CHECK (((balance_after - balance_before) = amount)),
    CONSTRAINT "a refusal moves nothing and has no place in the chain" CHECK (
CASE
    WHEN (kind = 'refusal'::text) THEN ((amount = 0) AND (sequence IS NULL))
    ELSE (sequence IS NOT NULL)
END)
)
PARTITION BY RANGE (created_at);

ALTER TABLE ONLY tollgate.ledger_entries FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.ledger_entries OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.ledger_entries IS 'Movements of balances other than uses, and refusals. With ai_token_usage_log it makes the view tollgate.ledger.';

COMMENT ON COLUMN tollgate.ledger_entries.amount IS 'Tokens; positive: the balance grew.';

COMMENT ON COLUMN tollgate.ledger_entries.reason IS 'Of a refusal the limit that bound: insufficient_tokens, critical_balance, not_on_plan, organization_suspended, refilling or limit_reached. Of another movement its cause.';

COMMENT ON COLUMN tollgate.ledger_entries.required IS 'Tokens that a refusal was about, or a reservation holds or lets go.';

COMMENT ON COLUMN tollgate.ledger_entries.subject_id IS 'What it is about: of a refund the charge, of a reservation or release the reservation, of a top-up or expiry the pack.';

CREATE VIEW tollgate.ledger WITH (security_invoker='true') AS
 SELECT ai_token_usage_log.id,
    ai_token_usage_log.organization_id,
    'deduction'::text AS kind,
    'success'::text AS status,
    ai_token_usage_log.token_type,
    ai_token_usage_log.feature_used,
    ai_token_usage_log.user_id,
    ai_token_usage_log.event_id,
    (- ai_token_usage_log.tokens_deducted) AS amount,
    (ai_token_usage_log.remaining_balance + ai_token_usage_log.tokens_deducted) AS balance_before,
    ai_token_usage_log.remaining_balance AS balance_after,
    ai_token_usage_log.sequence,
    NULL::text AS reason,
    ai_token_usage_log.tokens_deducted AS required,
    ai_token_usage_log.idempotency_key,
    ai_token_usage_log.metadata,
    ai_token_usage_log.created_at
   FROM public.ai_token_usage_log
UNION ALL
 SELECT ledger_entries.id,
    ledger_entries.organization_id,
    ledger_entries.kind,
        CASE ledger_entries.kind
            WHEN 'refusal'::text THEN 'refused'::text
            ELSE 'success'::text
        END AS status,
    ledger_entries.token_type,
    ledger_entries.feature_used,
    ledger_entries.user_id,
    ledger_entries.event_id,
    ledger_entries.amount,
    ledger_entries.balance_before,
    ledger_entries.balance_after,
    ledger_entries.sequence,
    ledger_entries.reason,
    ledger_entries.required,
    ledger_entries.idempotency_key,
    ledger_entries.metadata,
    ledger_entries.created_at
   FROM tollgate.ledger_entries;

ALTER TABLE tollgate.ledger OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.ledger IS 'Every movement of every balance and every refusal. `sequence` orders the movements of one balance.';

CREATE TABLE tollgate.limit_overrides (
    organization_id uuid NOT NULL,
    limit_name text NOT NULL,
    maximum bigint,
    CONSTRAINT "an overridden limit is between 0 and 10^15" CHECK (((maximum >= 0) AND (maximum <= '1000000000000000'::bigint)))
);

ALTER TABLE ONLY tollgate.limit_overrides FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.limit_overrides OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.limit_overrides IS 'Limits that are different for one organization.';

COMMENT ON COLUMN tollgate.limit_overrides.maximum IS 'Instead of the limit''s; NULL: no limit.';

CREATE TABLE tollgate.limit_uses (
    organization_id uuid NOT NULL,
    limit_name text NOT NULL,
    subject uuid NOT NULL,
    window_start timestamp with time zone NOT NULL,
    used bigint NOT NULL,
    alerted boolean DEFAULT false NOT NULL,
    CONSTRAINT "a count is never negative" CHECK ((used >= 0))
)
WITH (fillfactor='60');

ALTER TABLE ONLY tollgate.limit_uses FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.limit_uses OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.limit_uses IS 'What limits have counted in their present window.';

COMMENT ON COLUMN tollgate.limit_uses.subject IS 'The user, or the organization where a limit is per organization.';

COMMENT ON COLUMN tollgate.limit_uses.used IS 'Tokens, uses or refusals since window_start.';

CREATE TABLE tollgate.limits (
    limit_name text NOT NULL,
    is_enabled boolean DEFAULT false NOT NULL,
    plan text,
    token_type text,
    feature text,
    per text DEFAULT 'organization'::text NOT NULL,
    counts text DEFAULT 'uses'::text NOT NULL,
    window_kind text NOT NULL,
    window_seconds integer,
    maximum bigint NOT NULL,
    action text DEFAULT 'refuse'::text NOT NULL,
    CONSTRAINT "a limit counts tokens, uses or refusals" CHECK ((counts = ANY (ARRAY['tokens'::text, 'uses'::text, 'refusals'::text]))),
    CONSTRAINT "a limit is a lower-case name" CHECK ((limit_name ~ '^[a-z][a-z0-9_]{0,62}$'::text)),
    CONSTRAINT "a limit is between 0 and 10^15" CHECK (((maximum >= 0) AND (maximum <= '1000000000000000'::bigint))),
    CONSTRAINT "a limit is per organization or user" CHECK ((per = ANY (ARRAY['organization'::text, 'user'::text]))),
    CONSTRAINT "a limit refuses or alerts" CHECK ((action = ANY (ARRAY['refuse'::text, 'alert'::text]))),
    CONSTRAINT "a window is a request, spacing, seconds, day or month" CHECK ((window_kind = ANY (ARRAY['request'::text, 'spacing'::text, 'seconds'::text, 'day'::text, 'month'::text]))),
    CONSTRAINT "spacing and seconds have 1 second to 366 days" CHECK (
CASE
    WHEN (window_kind = ANY (ARRAY['spacing'::text, 'seconds'::text])) THEN COALESCE(((window_seconds >= 1) AND (window_seconds <= 31622400)), false)
    ELSE (window_seconds IS NULL)
END)
);

ALTER TABLE tollgate.limits OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.limits IS 'What bounds a charge besides the balance: quotas, caps and abuse limits. Where plan, token_type or feature is NULL it is for all of them.';

COMMENT ON COLUMN tollgate.limits.per IS 'Whose uses are counted together.';

COMMENT ON COLUMN tollgate.limits.window_kind IS 'request: each charge by itself; spacing: at least window_seconds between two; seconds: window_seconds from the first; day, month: of the calendar in the organization''s time zone.';

COMMENT ON COLUMN tollgate.limits.maximum IS 'The most tokens, uses or refusals in a window. With refusals: after as many nothing more is granted. Not used by spacing.';

COMMENT ON COLUMN tollgate.limits.action IS 'refuse: what goes beyond is refused; alert: it is granted, and an event is written once a window.';

CREATE VIEW tollgate.low_balances WITH (security_invoker='true') AS
 SELECT current.organization_id,
    current.token_type,
    current.balance,
    current.total_allocated,
    current.refresh_date,
    tollgate.balance_state((current.balance - current.reserved), current.total_allocated, kind.*) AS state
   FROM (tollgate.current_balances current
     JOIN tollgate.token_types kind USING (token_type))
  WHERE ((current.total_allocated > 0) AND (tollgate.balance_state((current.balance - current.reserved), current.total_allocated, kind.*) = ANY (ARRAY['critical'::text, 'exhausted'::text])));

ALTER TABLE tollgate.low_balances OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.low_balances IS 'Balances on a plan that are critical or exhausted.';

CREATE TABLE tollgate.pack_uses (
    organization_id uuid NOT NULL,
    pack_id uuid NOT NULL,
    token_type text NOT NULL,
    sequence_after bigint NOT NULL,
    sequence_to bigint NOT NULL,
    amount bigint NOT NULL,
    expired boolean NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "a pack's use is of 1 token or more" CHECK ((amount > 0))
);

ALTER TABLE ONLY tollgate.pack_uses FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.pack_uses OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.pack_uses IS 'How packs were used up: tokens of a pack that the movements after sequence_after, up to sequence_to, took.';

COMMENT ON COLUMN tollgate.pack_uses.amount IS 'Tokens.';

CREATE TABLE tollgate.plans (
    plan text NOT NULL,
    title text NOT NULL,
    CONSTRAINT "a plan is a lower-case name" CHECK ((plan ~ '^[a-z][a-z0-9_]{0,62}$'::text))
);

ALTER TABLE tollgate.plans OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.plans IS 'What an organization can subscribe to.';

COMMENT ON COLUMN tollgate.plans.title IS 'The name people read: "Not available on Starter plan".';

CREATE TABLE tollgate.prices (
    feature text NOT NULL,
    price_version integer NOT NULL,
    token_type text NOT NULL,
    cost bigint NOT NULL,
    rates jsonb,
    valid_from timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE tollgate.prices OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.prices IS 'Every price that a feature has had. tollgate.features has the present ones; its trigger writes here.';

COMMENT ON COLUMN tollgate.prices.cost IS 'Tokens per unit, where there are no rates.';

CREATE TABLE tollgate.refunds (
    organization_id uuid NOT NULL,
    refund_id uuid NOT NULL,
    transaction_id uuid NOT NULL,
    amount bigint NOT NULL,
    to_purchased bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "a refund gives back 1 token or more" CHECK (((amount > 0) AND ((to_purchased >= 0) AND (to_purchased <= amount))))
);

ALTER TABLE ONLY tollgate.refunds FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.refunds OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.refunds IS 'What was given back of which charge.';

COMMENT ON COLUMN tollgate.refunds.to_purchased IS 'Tokens that went back to the bought ones, because the charge had taken them there.';

CREATE TABLE tollgate.reservations (
    organization_id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    token_type text NOT NULL,
    feature_used text,
    units jsonb,
    user_id uuid,
    event_id text,
    price_version integer,
    amount bigint NOT NULL,
    captured bigint DEFAULT 0 NOT NULL,
    status text DEFAULT 'open'::text NOT NULL,
    transaction_id uuid,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT "a reservation holds 0 or more tokens" CHECK (((amount >= 0) AND (captured >= 0))),
    CONSTRAINT "a reservation is open, captured, released or expired" CHECK ((status = ANY (ARRAY['open'::text, 'captured'::text, 'released'::text, 'expired'::text]))),
    CONSTRAINT "what is finished has its time" CHECK (((status = 'open'::text) = (finished_at IS NULL)))
);

ALTER TABLE ONLY tollgate.reservations FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.reservations OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.reservations IS 'Tokens held for work that is not done yet. Changed only by who has locked the balance.';

COMMENT ON COLUMN tollgate.reservations.amount IS 'Tokens held while it is open.';

COMMENT ON COLUMN tollgate.reservations.captured IS 'Tokens charged in the end, more or less than were held.';

COMMENT ON COLUMN tollgate.reservations.transaction_id IS 'The charge of a captured one.';

CREATE TABLE tollgate.schema_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE tollgate.schema_migrations OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.schema_migrations IS 'The migrations that this database has. Written by `tollgate migrate up` alone.';

COMMENT ON COLUMN tollgate.schema_migrations.checksum IS 'SHA-256 of the file, in hexadecimal.';

CREATE TABLE tollgate.schema_objects (
    path text NOT NULL COLLATE pg_catalog."C",
    checksum text NOT NULL,
    schema_version integer NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE tollgate.schema_objects OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.schema_objects IS 'The files of functions, views and policies as they were last applied.';

COMMENT ON COLUMN tollgate.schema_objects.checksum IS 'SHA-256 of the file, in hexadecimal.';

COMMENT ON COLUMN tollgate.schema_objects.schema_version IS 'The highest migration at that time; after a later one all files are applied again.';

CREATE TABLE tollgate.schema_state (
    object text NOT NULL COLLATE pg_catalog."C",
    checksum text NOT NULL
);

ALTER TABLE tollgate.schema_state OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.schema_state IS 'What `tollgate migrate up` left in the catalogue, for `tollgate migrate verify` to compare.';

COMMENT ON COLUMN tollgate.schema_state.checksum IS 'SHA-256 of the object''s definition, owner and privileges, in hexadecimal.';

CREATE TABLE tollgate.token_packs (
    organization_id uuid NOT NULL,
    pack_id uuid NOT NULL,
    token_type text NOT NULL,
    amount bigint NOT NULL,
    remaining bigint NOT NULL,
    payment_id text COLLATE pg_catalog."C",
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "a pack has 1 to 10^15 tokens" CHECK (((amount >= 1) AND (amount <= '1000000000000000'::bigint))),
    CONSTRAINT "of a pack remain 0 to all tokens" CHECK (((remaining >= 0) AND (remaining <= amount)))
);

ALTER TABLE ONLY tollgate.token_packs FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.token_packs OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.token_packs IS 'Bought tokens: one row per top-up. They are spent after the plan''s tokens, the pack that expires first before the others.';

COMMENT ON COLUMN tollgate.token_packs.remaining IS 'Tokens left when the balance''s packs were last brought up to date; the view tollgate.packs has them as of now.';

COMMENT ON COLUMN tollgate.token_packs.payment_id IS 'The payment it was bought with; NULL: bought tokens that a refund gave back.';

CREATE VIEW tollgate.usage_by_feature WITH (security_invoker='true') AS
 SELECT ai_token_usage_log.organization_id,
    ai_token_usage_log.feature_used,
    ai_token_usage_log.token_type,
    count(*) AS uses,
    (sum(ai_token_usage_log.tokens_deducted))::bigint AS tokens,
    max(ai_token_usage_log.created_at) AS last_used_at
   FROM public.ai_token_usage_log
  WHERE (ai_token_usage_log.created_at > (now() - '30 days'::interval))
  GROUP BY ai_token_usage_log.organization_id, ai_token_usage_log.feature_used, ai_token_usage_log.token_type;

ALTER TABLE tollgate.usage_by_feature OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.usage_by_feature IS 'Uses and tokens of the last 30 days by organization and feature.';

CREATE VIEW tollgate.usage_by_user WITH (security_invoker='true') AS
 SELECT ai_token_usage_log.organization_id,
    ai_token_usage_log.user_id,
    count(*) AS uses,
    (sum(ai_token_usage_log.tokens_deducted))::bigint AS tokens,
    max(ai_token_usage_log.created_at) AS last_used_at
   FROM public.ai_token_usage_log
  WHERE (ai_token_usage_log.created_at > (now() - '30 days'::interval))
  GROUP BY ai_token_usage_log.organization_id, ai_token_usage_log.user_id;

ALTER TABLE tollgate.usage_by_user OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.usage_by_user IS 'Uses and tokens of the last 30 days by organization and user.';

ALTER TABLE ONLY public.ai_token_usage_log
    ADD CONSTRAINT "a use has one row" PRIMARY KEY (organization_id, id, created_at);

ALTER TABLE ONLY public.user_profiles
    ADD CONSTRAINT "a user is in an organization once" PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.ai_tokens
    ADD CONSTRAINT "an organization has one balance of a token type" PRIMARY KEY (organization_id, token_type);

ALTER TABLE ONLY public.organizations
    ADD CONSTRAINT "an organization has one row" PRIMARY KEY (id);

ALTER TABLE ONLY tollgate.auto_top_ups
    ADD CONSTRAINT "a balance is topped up in one way" PRIMARY KEY (organization_id, token_type);

ALTER TABLE ONLY tollgate.features
    ADD CONSTRAINT "a feature has one row" PRIMARY KEY (feature);

ALTER TABLE ONLY tollgate.ledger_entries
    ADD CONSTRAINT "a ledger entry has one row" PRIMARY KEY (organization_id, id, created_at);

ALTER TABLE ONLY tollgate.limit_uses
    ADD CONSTRAINT "a limit counts a subject once" PRIMARY KEY (organization_id, limit_name, subject);

ALTER TABLE ONLY tollgate.limits
    ADD CONSTRAINT "a limit has one row" PRIMARY KEY (limit_name);

ALTER TABLE ONLY tollgate.schema_migrations
    ADD CONSTRAINT "a migration is applied once" PRIMARY KEY (version);

ALTER TABLE ONLY tollgate.token_packs
    ADD CONSTRAINT "a pack has one row" PRIMARY KEY (organization_id, pack_id);

ALTER TABLE ONLY tollgate.pack_uses
    ADD CONSTRAINT "a pack is used once between two movements" PRIMARY KEY (organization_id, pack_id, sequence_to, expired);

ALTER TABLE ONLY tollgate.token_packs
    ADD CONSTRAINT "a payment counts once" UNIQUE (organization_id, payment_id);

ALTER TABLE ONLY tollgate.plan_allocations
    ADD CONSTRAINT "a plan allocates a token type once" PRIMARY KEY (plan, token_type);

ALTER TABLE ONLY tollgate.plans
    ADD CONSTRAINT "a plan has one row" PRIMARY KEY (plan);

ALTER TABLE ONLY tollgate.prices
    ADD CONSTRAINT "a price has one row" PRIMARY KEY (feature, price_version);

ALTER TABLE ONLY tollgate.refunds
    ADD CONSTRAINT "a refund has one row" PRIMARY KEY (organization_id, refund_id);

ALTER TABLE ONLY tollgate.reservations
    ADD CONSTRAINT "a reservation has one row" PRIMARY KEY (organization_id, reservation_id);

ALTER TABLE ONLY tollgate.token_types
    ADD CONSTRAINT "a token type has one row" PRIMARY KEY (token_type);

ALTER TABLE ONLY tollgate.events
    ADD CONSTRAINT "an event has one row" PRIMARY KEY (organization_id, event_id);

ALTER TABLE ONLY tollgate.idempotency_keys
    ADD CONSTRAINT "an idempotency key settles once" PRIMARY KEY (organization_id, key, week);

ALTER TABLE ONLY tollgate.schema_objects
    ADD CONSTRAINT "an object file is applied in one version" PRIMARY KEY (path);

ALTER TABLE ONLY tollgate.schema_state
    ADD CONSTRAINT "an object has one definition" PRIMARY KEY (object);

ALTER TABLE ONLY tollgate.limit_overrides
    ADD CONSTRAINT "an organization overrides a limit once" PRIMARY KEY (organization_id, limit_name);

CREATE INDEX ai_token_usage_log_created_at ON ONLY public.ai_token_usage_log USING brin (created_at);

CREATE INDEX ai_tokens_due_at ON public.ai_tokens USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX ai_tokens_refresh_date ON public.ai_tokens USING btree (refresh_date);

CREATE INDEX organizations_suspended ON public.organizations USING btree (id) WHERE (status = 'suspended'::text);

CREATE INDEX user_profiles_id ON public.user_profiles USING btree (id);

CREATE INDEX refunds_of_charge ON tollgate.refunds USING btree (organization_id, transaction_id);

CREATE INDEX reservations_open ON tollgate.reservations USING btree (organization_id, token_type, expires_at) WHERE (status = 'open'::text);

CREATE INDEX token_packs_open ON tollgate.token_packs USING btree (organization_id, token_type, expires_at) WHERE (remaining > 0);

ALTER TABLE ONLY public.ai_tokens
    ADD CONSTRAINT "a balance belongs to an organization" FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.ai_tokens
    ADD CONSTRAINT "a balance is of a token type" FOREIGN KEY (token_type) REFERENCES tollgate.token_types(token_type);

ALTER TABLE ONLY public.user_profiles
    ADD CONSTRAINT "a user's organization exists" FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.organizations
    ADD CONSTRAINT "an organization's next plan exists" FOREIGN KEY (next_plan) REFERENCES tollgate.plans(plan);

ALTER TABLE ONLY public.organizations
    ADD CONSTRAINT "an organization's plan exists" FOREIGN KEY (plan) REFERENCES tollgate.plans(plan);

ALTER TABLE ONLY tollgate.auto_top_ups
    ADD CONSTRAINT "a balance that is topped up exists" FOREIGN KEY (organization_id, token_type) REFERENCES public.ai_tokens(organization_id, token_type);

ALTER TABLE ONLY tollgate.features
    ADD CONSTRAINT "a feature is paid in a token type" FOREIGN KEY (token_type) REFERENCES tollgate.token_types(token_type);

ALTER TABLE ONLY tollgate.limits
    ADD CONSTRAINT "a limit's feature exists" FOREIGN KEY (feature) REFERENCES tollgate.features(feature);

ALTER TABLE ONLY tollgate.limits
    ADD CONSTRAINT "a limit's plan exists" FOREIGN KEY (plan) REFERENCES tollgate.plans(plan);

ALTER TABLE ONLY tollgate.limits
    ADD CONSTRAINT "a limit's token type exists" FOREIGN KEY (token_type) REFERENCES tollgate.token_types(token_type);

ALTER TABLE ONLY tollgate.plan_allocations
    ADD CONSTRAINT "an allocation belongs to a plan" FOREIGN KEY (plan) REFERENCES tollgate.plans(plan);

ALTER TABLE ONLY tollgate.plan_allocations
    ADD CONSTRAINT "an allocation is of a token type" FOREIGN KEY (token_type) REFERENCES tollgate.token_types(token_type);

ALTER TABLE public.ai_token_usage_log ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_tokens ENABLE ROW LEVEL SECURITY;

CREATE POLICY "members view their organization" ON public.organizations FOR SELECT TO authenticated USING ((id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their tokens" ON public.ai_tokens FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their usage" ON public.ai_token_usage_log FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

ALTER TABLE public.organizations ENABLE ROW LEVEL SECURITY;

CREATE POLICY "the system finds the user it asks for" ON public.user_profiles FOR SELECT TO tollgate_owner USING ((id = (NULLIF(( SELECT current_setting('tollgate.user_id'::text, true) AS current_setting), ''::text))::uuid));

CREATE POLICY "the system knows the members of its batch" ON public.user_profiles TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system logs usage" ON public.ai_token_usage_log FOR INSERT TO tollgate_owner WITH CHECK (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system reads usage of its batch" ON public.ai_token_usage_log FOR SELECT TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system updates tokens" ON public.ai_tokens TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system works for the organizations of its batch" ON public.organizations TO tollgate_owner USING (((id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

ALTER TABLE public.user_profiles ENABLE ROW LEVEL SECURITY;

CREATE POLICY "users view their profile" ON public.user_profiles FOR SELECT TO authenticated USING (((id = ( SELECT tollgate.current_user_id() AS current_user_id)) AND (organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id))));

ALTER TABLE tollgate.auto_top_ups ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.events ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.idempotency_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.ledger_entries ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.limit_overrides ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.limit_uses ENABLE ROW LEVEL SECURITY;

CREATE POLICY "members view their automatic top-ups" ON tollgate.auto_top_ups FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their counts" ON tollgate.limit_uses FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their events" ON tollgate.events FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their ledger" ON tollgate.ledger_entries FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their limits" ON tollgate.limit_overrides FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their packs" ON tollgate.token_packs FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their refunds" ON tollgate.refunds FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their reservations" ON tollgate.reservations FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their uses of packs" ON tollgate.pack_uses FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

ALTER TABLE tollgate.pack_uses ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.refunds ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.reservations ENABLE ROW LEVEL SECURITY;

CREATE POLICY "the system changes automatic top-ups of its batch" ON tollgate.auto_top_ups TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system changes counts of its batch" ON tollgate.limit_uses TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system changes limits of its batch" ON tollgate.limit_overrides TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system changes packs of its batch" ON tollgate.token_packs TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system changes reservations of its batch" ON tollgate.reservations TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system reads events of its batch" ON tollgate.events FOR SELECT TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system reads refunds of its batch" ON tollgate.refunds FOR SELECT TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system reads the ledger of its batch" ON tollgate.ledger_entries FOR SELECT TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system reads uses of packs of its batch" ON tollgate.pack_uses FOR SELECT TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system recalls keys of its batch" ON tollgate.idempotency_keys FOR SELECT TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system remembers keys" ON tollgate.idempotency_keys FOR INSERT TO tollgate_owner WITH CHECK (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system writes events" ON tollgate.events FOR INSERT TO tollgate_owner WITH CHECK (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system writes refunds" ON tollgate.refunds FOR INSERT TO tollgate_owner WITH CHECK (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system writes the ledger" ON tollgate.ledger_entries FOR INSERT TO tollgate_owner WITH CHECK (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system writes uses of packs" ON tollgate.pack_uses FOR INSERT TO tollgate_owner WITH CHECK (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

ALTER TABLE tollgate.token_packs ENABLE ROW LEVEL SECURITY;

GRANT USAGE ON SCHEMA auth TO anon;
GRANT USAGE ON SCHEMA auth TO authenticated;
GRANT USAGE ON SCHEMA auth TO service_role;
GRANT USAGE ON SCHEMA auth TO tollgate_owner;

GRANT ALL ON SCHEMA public TO tollgate_owner;
GRANT USAGE ON SCHEMA public TO anon;
GRANT USAGE ON SCHEMA public TO authenticated;
GRANT USAGE ON SCHEMA public TO service_role;

GRANT USAGE ON SCHEMA tollgate TO authenticated;
GRANT USAGE ON SCHEMA tollgate TO service_role;
GRANT USAGE ON SCHEMA tollgate TO tollgate_server;

GRANT ALL ON FUNCTION auth.uid() TO anon;
GRANT ALL ON FUNCTION auth.uid() TO authenticated;
GRANT ALL ON FUNCTION auth.uid() TO service_role;
GRANT ALL ON FUNCTION auth.uid() TO tollgate_owner;

REVOKE ALL ON FUNCTION tollgate.admit_organizations(organization_ids uuid[]) FROM PUBLIC;

GRANT SELECT ON TABLE tollgate.token_types TO authenticated;
GRANT SELECT ON TABLE tollgate.token_types TO service_role;

REVOKE ALL ON FUNCTION tollgate.balance_state(available bigint, allocated bigint, kind tollgate.token_types) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.balance_state(available bigint, allocated bigint, kind tollgate.token_types) TO authenticated;
GRANT ALL ON FUNCTION tollgate.balance_state(available bigint, allocated bigint, kind tollgate.token_types) TO service_role;

REVOKE ALL ON FUNCTION tollgate.batch_organizations() FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.bring_up_to_date(organization_ids uuid[], token_types text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.caller_is_trusted() FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.check_balance(organization_id uuid, user_id uuid, feature text, units bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.check_balance(organization_id uuid, user_id uuid, feature text, units bigint) TO authenticated;
GRANT ALL ON FUNCTION tollgate.check_balance(organization_id uuid, user_id uuid, feature text, units bigint) TO service_role;
GRANT ALL ON FUNCTION tollgate.check_balance(organization_id uuid, user_id uuid, feature text, units bigint) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.check_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.check_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[]) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.check_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[]) TO service_role;

REVOKE ALL ON FUNCTION tollgate.create_organization(name text, plan text, time_zone text, id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.create_organization(name text, plan text, time_zone text, id uuid) TO service_role;
GRANT ALL ON FUNCTION tollgate.create_organization(name text, plan text, time_zone text, id uuid) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.create_user(organization_id uuid, email text, id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.create_user(organization_id uuid, email text, id uuid) TO service_role;
GRANT ALL ON FUNCTION tollgate.create_user(organization_id uuid, email text, id uuid) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.critical_threshold(allocated bigint, kind tollgate.token_types) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.critical_threshold(allocated bigint, kind tollgate.token_types) TO authenticated;
GRANT ALL ON FUNCTION tollgate.critical_threshold(allocated bigint, kind tollgate.token_types) TO service_role;

GRANT SELECT ON TABLE public.ai_tokens TO service_role;
GRANT SELECT ON TABLE public.ai_tokens TO authenticated;

REVOKE ALL ON FUNCTION tollgate.current_balance(token public.ai_tokens, allocated bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.current_balance(token public.ai_tokens, allocated bigint) TO authenticated;
GRANT ALL ON FUNCTION tollgate.current_balance(token public.ai_tokens, allocated bigint) TO service_role;

REVOKE ALL ON FUNCTION tollgate.current_organization_id() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.current_organization_id() TO authenticated;
GRANT ALL ON FUNCTION tollgate.current_organization_id() TO service_role;

REVOKE ALL ON FUNCTION tollgate.current_user_id() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.current_user_id() TO authenticated;
GRANT ALL ON FUNCTION tollgate.current_user_id() TO service_role;

REVOKE ALL ON FUNCTION tollgate.decide_in_order(organization_ids uuid[], user_ids uuid[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], has_known_keys boolean, verdicts text[], slots integer[], rows_at tid[], without_plan boolean[], critical_thresholds bigint[], warning_thresholds bigint[], balances bigint[], reserved bigint[], last_sequences bigint[], INOUT types text[], INOUT costs bigint[], INOUT ids uuid[], OUT outcomes text[], OUT befores bigint[], OUT afters bigint[], OUT availables bigint[], OUT sequences bigint[], OUT states text[], OUT is_final boolean[], OUT times timestamp with time zone[], OUT is_replay boolean[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.deduct(organization_id uuid, user_id uuid, feature text, units bigint, idempotency_key text, metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.deduct(organization_id uuid, user_id uuid, feature text, units bigint, idempotency_key text, metadata jsonb) TO authenticated;
GRANT ALL ON FUNCTION tollgate.deduct(organization_id uuid, user_id uuid, feature text, units bigint, idempotency_key text, metadata jsonb) TO service_role;
GRANT ALL ON FUNCTION tollgate.deduct(organization_id uuid, user_id uuid, feature text, units bigint, idempotency_key text, metadata jsonb) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.drop_expired_partitions() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.drop_expired_partitions() TO service_role;
GRANT ALL ON FUNCTION tollgate.drop_expired_partitions() TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.effective_role() FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.ensure_partitions() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.ensure_partitions() TO service_role;
GRANT ALL ON FUNCTION tollgate.ensure_partitions() TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.fingerprint(user_id uuid, feature text, units bigint, event_id text, metadata jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.grant_missing_balances(organization_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.identify_caller(INOUT organization_id uuid, INOUT user_id uuid, OUT membership_required boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.injected_moment() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.injected_moment() TO authenticated;
GRANT ALL ON FUNCTION tollgate.injected_moment() TO service_role;

REVOKE ALL ON FUNCTION tollgate.instant_of_local(local timestamp without time zone, time_zone text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.instant_of_local(local timestamp without time zone, time_zone text) TO authenticated;
GRANT ALL ON FUNCTION tollgate.instant_of_local(local timestamp without time zone, time_zone text) TO service_role;

REVOKE ALL ON FUNCTION tollgate.is_planned(token_type text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.lock_keys(organization_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.look_up_items(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.mend_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.moment() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.moment() TO authenticated;
GRANT ALL ON FUNCTION tollgate.moment() TO service_role;

REVOKE ALL ON FUNCTION tollgate.named_organizations(organization_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.next_refresh_date(refresh_date timestamp with time zone, at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.next_refresh_date(refresh_date timestamp with time zone, at timestamp with time zone) TO authenticated;
GRANT ALL ON FUNCTION tollgate.next_refresh_date(refresh_date timestamp with time zone, at timestamp with time zone) TO service_role;

REVOKE ALL ON FUNCTION tollgate.organization_of(user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.organization_of(user_id uuid) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.organization_of(user_id uuid) TO service_role;

REVOKE ALL ON FUNCTION tollgate.period_at(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone, OUT number bigint, OUT ends_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.period_at(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone, OUT number bigint, OUT ends_at timestamp with time zone) TO authenticated;
GRANT ALL ON FUNCTION tollgate.period_at(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone, OUT number bigint, OUT ends_at timestamp with time zone) TO service_role;

REVOKE ALL ON FUNCTION tollgate.period_end(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.period_end(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone) TO authenticated;
GRANT ALL ON FUNCTION tollgate.period_end(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone) TO service_role;

REVOKE ALL ON FUNCTION tollgate.periods_between(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, from_end timestamp with time zone, to_end timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.periods_between(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, from_end timestamp with time zone, to_end timestamp with time zone) TO authenticated;
GRANT ALL ON FUNCTION tollgate.periods_between(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, from_end timestamp with time zone, to_end timestamp with time zone) TO service_role;

REVOKE ALL ON FUNCTION tollgate.plan_title(organization_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.raise_unless_decided(outcome text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.read_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[]) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[]) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.read_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[]) TO service_role;

REVOKE ALL ON FUNCTION tollgate.schema_level() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.schema_level() TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.schema_level() TO service_role;

REVOKE ALL ON FUNCTION tollgate.settle(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.settle(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[]) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.settle(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[]) TO service_role;

REVOKE ALL ON FUNCTION tollgate.settle_atomically(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.settle_atomically(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[]) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.settle_atomically(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[]) TO service_role;

REVOKE ALL ON FUNCTION tollgate.state_between(available bigint, critical_below bigint, warning_below bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.state_between(available bigint, critical_below bigint, warning_below bigint) TO authenticated;
GRANT ALL ON FUNCTION tollgate.state_between(available bigint, critical_below bigint, warning_below bigint) TO service_role;

REVOKE ALL ON FUNCTION tollgate.time_ordered_id() FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.usable_time_zone(time_zone text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.usable_time_zone(time_zone text) TO authenticated;
GRANT ALL ON FUNCTION tollgate.usable_time_zone(time_zone text) TO service_role;

REVOKE ALL ON FUNCTION tollgate.warning_threshold(allocated bigint, kind tollgate.token_types) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.warning_threshold(allocated bigint, kind tollgate.token_types) TO authenticated;
GRANT ALL ON FUNCTION tollgate.warning_threshold(allocated bigint, kind tollgate.token_types) TO service_role;

GRANT SELECT ON TABLE public.ai_token_usage_log TO service_role;
GRANT SELECT ON TABLE public.ai_token_usage_log TO authenticated;

GRANT SELECT ON TABLE public.organizations TO service_role;
GRANT SELECT ON TABLE public.organizations TO authenticated;

GRANT SELECT ON TABLE public.user_profiles TO service_role;
GRANT SELECT ON TABLE public.user_profiles TO authenticated;

GRANT SELECT ON TABLE tollgate.auto_top_ups TO authenticated;
GRANT SELECT ON TABLE tollgate.auto_top_ups TO service_role;

GRANT SELECT ON TABLE tollgate.plan_allocations TO authenticated;
GRANT SELECT ON TABLE tollgate.plan_allocations TO service_role;

GRANT SELECT ON TABLE tollgate.current_balances TO authenticated;
GRANT SELECT ON TABLE tollgate.current_balances TO service_role;

GRANT SELECT ON TABLE tollgate.due_resets TO authenticated;
GRANT SELECT ON TABLE tollgate.due_resets TO service_role;

GRANT SELECT ON TABLE tollgate.events TO authenticated;
GRANT SELECT ON TABLE tollgate.events TO service_role;

GRANT SELECT ON TABLE tollgate.features TO authenticated;
GRANT SELECT ON TABLE tollgate.features TO service_role;

GRANT SELECT ON TABLE tollgate.idempotency_keys TO service_role;

GRANT SELECT ON TABLE tollgate.ledger_entries TO service_role;
GRANT SELECT ON TABLE tollgate.ledger_entries TO authenticated;

GRANT SELECT ON TABLE tollgate.ledger TO authenticated;
GRANT SELECT ON TABLE tollgate.ledger TO service_role;

GRANT SELECT ON TABLE tollgate.limit_overrides TO authenticated;
GRANT SELECT ON TABLE tollgate.limit_overrides TO service_role;

GRANT SELECT ON TABLE tollgate.limit_uses TO authenticated;
GRANT SELECT ON TABLE tollgate.limit_uses TO service_role;

GRANT SELECT ON TABLE tollgate.limits TO authenticated;
GRANT SELECT ON TABLE tollgate.limits TO service_role;

GRANT SELECT ON TABLE tollgate.low_balances TO authenticated;
GRANT SELECT ON TABLE tollgate.low_balances TO service_role;

GRANT SELECT ON TABLE tollgate.pack_uses TO authenticated;
GRANT SELECT ON TABLE tollgate.pack_uses TO service_role;

GRANT SELECT ON TABLE tollgate.plans TO authenticated;
GRANT SELECT ON TABLE tollgate.plans TO service_role;

GRANT SELECT ON TABLE tollgate.prices TO authenticated;
GRANT SELECT ON TABLE tollgate.prices TO service_role;

GRANT SELECT ON TABLE tollgate.refunds TO authenticated;
GRANT SELECT ON TABLE tollgate.refunds TO service_role;

GRANT SELECT ON TABLE tollgate.reservations TO authenticated;
GRANT SELECT ON TABLE tollgate.reservations TO service_role;

GRANT SELECT ON TABLE tollgate.token_packs TO authenticated;
GRANT SELECT ON TABLE tollgate.token_packs TO service_role;

GRANT SELECT ON TABLE tollgate.usage_by_feature TO authenticated;
GRANT SELECT ON TABLE tollgate.usage_by_feature TO service_role;

GRANT SELECT ON TABLE tollgate.usage_by_user TO authenticated;
GRANT SELECT ON TABLE tollgate.usage_by_user TO service_role;
