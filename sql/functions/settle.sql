-- A batch of requests, each answered as if it had come alone and in this order.
--
-- 1. Look up what each deduction names and lock its balance, in key order; work out what each balance comes to if all is
--    granted. This is enough for a batch of plain deductions in which everybody can pay, nothing is due and no threshold
--    is crossed: by far the most there are.
-- 2. Ask whether any key was settled before, or comes twice, and if none was, write it all as worked out: in one statement.
-- 3. What was not written so is settled by tollgate.settle_in_order, which decides any batch.
--
-- Few statements, each once a batch, with generic plans: a statement costs more than an item. Settings are changed by
-- assignment, which PL/pgSQL evaluates without a statement. Every join is from the batch into an index: a plan made
-- while a table was small stays good when it has grown. Arrays are unnested in select lists, which needs no tuple store.
--
-- Arrays have an element for each item; requests is NULL for a batch of plain deductions.
CREATE OR REPLACE FUNCTION tollgate.settle(
  organization_ids uuid[],
  user_ids uuid[],
  membership_required boolean[],
  features text[],
  units bigint[],
  idempotency_keys text[],
  event_ids text[],
  metadata jsonb[],
  transaction_ids uuid[],
  requests jsonb[] DEFAULT NULL
) RETURNS SETOF tollgate.settlement
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET jit = off
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off
SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
  item_count CONSTANT integer := cardinality(features);
  item_numbers CONSTANT integer[] := array_positions(array_fill(1, ARRAY[item_count]), 1);
  moment CONSTANT timestamptz := tollgate.moment();
  this_week CONSTANT date := date_trunc('week', moment AT TIME ZONE 'UTC')::date;
  week_by_the_clock CONSTANT date := date_trunc('week', clock_timestamp() AT TIME ZONE 'UTC')::date;

  -- Each item, as worked out.
  types text[];
  costs bigint[];
  price_versions integer[];
  befores bigint[];
  afters bigint[];
  availables bigint[];
  sequences bigint[];
  states text[];
  from_purchased bigint[];
  rows_at tid[];
  is_final boolean[];

  locked_count bigint;
  can_all_pay boolean;
  is_new boolean;
  written bigint;
  admitted text;
BEGIN
  IF (cardinality(organization_ids) = item_count AND cardinality(user_ids) = item_count
      AND cardinality(membership_required) = item_count AND cardinality(units) = item_count
      AND cardinality(idempotency_keys) = item_count AND cardinality(event_ids) = item_count
      AND cardinality(metadata) = item_count AND cardinality(transaction_ids) = item_count
      AND coalesce(cardinality(requests), item_count) = item_count
      AND coalesce(array_ndims(transaction_ids) = 1 AND array_lower(transaction_ids, 1) = 1, true)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'A batch is arrays of the same length.' USING ERRCODE = 'TG400';
  END IF;
  IF item_count > 1000 THEN
    RAISE EXCEPTION 'A batch has at most 1000 items.' USING ERRCODE = 'TG400';
  END IF;
  IF item_count = 0 THEN
    RETURN;
  END IF;
  admitted := set_config('tollgate.organizations', tollgate.named_organizations(organization_ids), true);

  -- Within a week the primary key lets a key settle once. Across the turn of the week only a lock can: transactions
  -- last less than a minute, so those that could miss each other's keys are both in these two minutes. A transaction
  -- that was begun by hand last week also looks into the week that has come since. Whoever has no keys locks them, too: so
  -- everybody locks them before the balances.
  IF date_trunc('week', (moment - interval '1 minute') AT TIME ZONE 'UTC')
    <> date_trunc('week', (moment + interval '1 minute') AT TIME ZONE 'UTC')
  THEN
    PERFORM tollgate.lock_keys(organization_ids);
  END IF;

  IF requests IS NULL THEN
    WITH named AS MATERIALIZED (
      SELECT
        item.n,
        item.organization_id,
        offered.token_type,
        item.units * offered.cost AS cost,
        offered.price_version,
        -- Where a balance exists its organization does: all there is to ask is whether it may spend.
        offered.rates IS NULL AND NOT offered.is_limited AND NOT EXISTS (
          SELECT
          FROM public.organizations AS organization
          WHERE organization.id = item.organization_id AND organization.status = 'suspended'
        ) AS is_plain,
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
              AND membership.role <> 'viewer'
          ))
    )
    SELECT
      count(*),
      bool_and(worked_out.is_plain AND worked_out.available >= worked_out.floor),
      array_agg(worked_out.token_type), array_agg(worked_out.cost), array_agg(worked_out.price_version),
      array_agg(worked_out.row_at),
      array_agg(worked_out.after + worked_out.cost),
      array_agg(worked_out.after), array_agg(worked_out.available), array_agg(worked_out.sequence),
      array_agg(tollgate.state_between(worked_out.available, worked_out.critical_threshold, worked_out.warning_threshold)),
      -- The plan's tokens go first: what was bought pays what they no longer can.
      array_agg(greatest(0, least(worked_out.purchased, worked_out.after + worked_out.cost))
        - greatest(0, least(worked_out.purchased, worked_out.after))),
      array_agg(worked_out.is_final)
    INTO locked_count, can_all_pay, types, costs, price_versions, rows_at, befores, afters, availables, sequences,
      states, from_purchased, is_final
    FROM (
      SELECT
        totalled.*,
        totalled.balance - totalled.total AS after,
        totalled.balance - totalled.reserved - totalled.total AS available,
        totalled.ledger_sequence + totalled.place AS sequence
      FROM (
        SELECT
          item.n, item.token_type, item.cost, item.price_version, item.is_plain, item.place,
          first_value(item.row_at) OVER movements AS row_at,
          first_value(item.balance) OVER movements AS balance,
          first_value(item.reserved) OVER movements AS reserved,
          first_value(item.purchased) OVER movements AS purchased,
          first_value(item.ledger_sequence) OVER movements AS ledger_sequence,
          first_value(item.floor) OVER movements AS floor,
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
              token.ctid AS row_at, token.balance, token.reserved, token.purchased, token.ledger_sequence,
              -- Down to here nothing happens but that tokens are spent.
              CASE
                WHEN token.balance <> token.ledger_balance OR token.refresh_date <= moment OR token.due_at <= moment THEN
                  9223372036854775807
                ELSE greatest(
                  -token.overdraft,
                  token.request_below,
                  CASE WHEN kind.critical_blocks THEN tollgate.critical_threshold(token.total_allocated, kind) END,
                  CASE token.announced
                    WHEN 0 THEN tollgate.warning_threshold(token.total_allocated, kind)
                    WHEN 1 THEN tollgate.critical_threshold(token.total_allocated, kind)
                    WHEN 2 THEN 1
                  END)
              END AS floor,
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
    can_all_pay := can_all_pay AND locked_count = item_count;
  END IF;

  IF can_all_pay THEN
    WITH settled AS MATERIALIZED (
      SELECT
        unnest(organization_ids) AS organization_id, unnest(user_ids) AS user_id, unnest(features) AS feature,
        unnest(units) AS units, unnest(idempotency_keys) AS key, unnest(event_ids) AS event_id,
        unnest(metadata) AS metadata, unnest(transaction_ids) AS id, unnest(types) AS token_type,
        unnest(costs) AS cost, unnest(price_versions) AS price_version, unnest(rows_at) AS row_at,
        unnest(befores) AS balance_before, unnest(afters) AS balance_after, unnest(availables) AS available,
        unnest(sequences) AS sequence, unnest(states) AS state, unnest(from_purchased) AS from_purchased,
        unnest(is_final) AS is_final
    ),
    -- A week at a time: each is one partition, and one descent into its index.
    verdict AS MATERIALIZED (
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
      ) IS NOT TRUE AS is_new
      FROM (
        SELECT settled.organization_id, settled.key COLLATE "C" AS key, count(*) AS uses
        FROM settled
        WHERE settled.key IS NOT NULL
        GROUP BY settled.organization_id, settled.key COLLATE "C"
      ) AS named
    ),
    keys AS (
      INSERT INTO tollgate.idempotency_keys
        (organization_id, key, week, fingerprint, outcome, transaction_id, token_type, cost, balance_before,
         balance_after, available, state, created_at)
      SELECT settled.organization_id, settled.key, this_week,
        tollgate.fingerprint(settled.user_id, settled.feature, settled.units, settled.event_id, settled.metadata, NULL),
        'success', settled.id, settled.token_type, settled.cost, settled.balance_before, settled.balance_after,
        settled.available, settled.state, moment
      FROM settled
      WHERE (SELECT verdict.is_new FROM verdict)
        AND settled.key IS NOT NULL
    ),
    uses AS (
      INSERT INTO public.ai_token_usage_log
        (id, organization_id, user_id, token_type, feature_used, tokens_deducted, remaining_balance, metadata,
         created_at, units, price_version, event_id, idempotency_key, sequence, from_purchased)
      SELECT settled.id, settled.organization_id, settled.user_id, settled.token_type, settled.feature, settled.cost,
        settled.balance_after, coalesce(settled.metadata, '{}'), moment, settled.units, settled.price_version,
        settled.event_id, settled.key, settled.sequence, settled.from_purchased
      FROM settled
      WHERE (SELECT verdict.is_new FROM verdict)
    ),
    -- By the rows' places, which cannot change while they are locked.
    balances AS (
      UPDATE public.ai_tokens AS token
      SET balance = settled.balance_after,
        ledger_balance = settled.balance_after,
        purchased = greatest(0, least(token.purchased, settled.balance_after)),
        total_used = token.total_used + token.balance - settled.balance_after,
        ledger_sequence = settled.sequence,
        last_used_at = moment,
        updated_at = now()
      FROM settled
      WHERE settled.is_final
        AND token.ctid = settled.row_at
        AND (SELECT verdict.is_new FROM verdict)
      RETURNING 1
    )
    SELECT verdict.is_new, (SELECT count(*) FROM balances) INTO is_new, written FROM verdict;
    IF is_new THEN
      IF written <> cardinality(array_positions(is_final, true)) THEN
        RAISE EXCEPTION 'settle wrote % balances of %', written, cardinality(array_positions(is_final, true))
          USING ERRCODE = 'internal_error';
      END IF;
      RETURN QUERY
      SELECT answer.n::bigint, 'success', answer.id, answer.token_type, answer.cost, answer.balance_before,
        answer.balance_after, answer.available, answer.state, NULL::text, moment, false, NULL::jsonb
      FROM (
        SELECT
          unnest(item_numbers) AS n, unnest(transaction_ids) AS id, unnest(types) AS token_type, unnest(costs) AS cost,
          unnest(befores) AS balance_before, unnest(afters) AS balance_after, unnest(availables) AS available,
          unnest(states) AS state
      ) AS answer;
      admitted := set_config('tollgate.organizations', '', true);
      RETURN;
    END IF;
  END IF;

  RETURN QUERY
  SELECT *
  FROM tollgate.settle_in_order(organization_ids, user_ids, membership_required, features, units, idempotency_keys,
    event_ids, metadata, transaction_ids, requests);
  admitted := set_config('tollgate.organizations', '', true);
END
$$;
COMMENT ON FUNCTION tollgate.settle(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[], jsonb[]) IS
  'Settles a batch in one transaction: each item is answered as if alone and in order. Refusals are rows (outcome), never exceptions. An element of requests that is not NULL asks for something else than a plain deduction: see docs/settlement.md.';
REVOKE ALL ON FUNCTION tollgate.settle(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[], jsonb[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.settle(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[], jsonb[]) TO tollgate_server, service_role;
