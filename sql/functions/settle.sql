-- A batch of requests, each answered as if it had come alone and in this order.
--
-- 1. Look up what each deduction names and lock its balance, in key order; work out what each balance comes to if all is
--    granted. This is enough for a batch of plain deductions in which everybody can pay, nothing is due and no threshold
--    is crossed: by far the most there are.
-- 2. Ask whether any key was settled before, or comes twice.
-- 3. If none was, all is granted as worked out. Otherwise tollgate.decide_in_order decides.
-- 4. Write it all: one UPDATE of balances, one INSERT each of uses, refusals and keys.
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
  has_keys CONSTANT boolean := cardinality(array_remove(idempotency_keys, NULL)) > 0;
  moment CONSTANT timestamptz := tollgate.moment();
  refusals CONSTANT text[] := tollgate.recorded_refusals();
  this_week CONSTANT date := date_trunc('week', moment AT TIME ZONE 'UTC')::date;
  week_by_the_clock CONSTANT date := date_trunc('week', clock_timestamp() AT TIME ZONE 'UTC')::date;

  -- Each item, as worked out or decided.
  users uuid[] := user_ids;
  spent_on text[] := features;
  ids uuid[] := transaction_ids;
  types text[];
  costs bigint[];
  price_versions integer[];
  outcomes text[];
  befores bigint[];
  afters bigint[];
  availables bigint[];
  sequences bigint[];
  states text[];
  from_purchased bigint[];
  reservation_ids uuid[];
  held_units jsonb[];
  details jsonb[];
  is_use boolean[];
  times timestamptz[];
  is_replay boolean[];

  rows_at tid[];
  is_final boolean[];
  locked_count bigint;
  can_all_pay boolean;
  has_known_keys boolean := false;
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
  admitted := set_config('tollgate.organizations', tollgate.named_organizations(organization_ids), true);

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

  IF has_keys THEN
    -- Within a week the primary key lets a key settle once. Across the turn of the week only a lock can: transactions
    -- last less than a minute, so those that could miss each other's keys are both in these two minutes. A transaction
    -- that was begun by hand last week also looks into the week that has come since.
    IF date_trunc('week', (moment - interval '1 minute') AT TIME ZONE 'UTC')
      <> date_trunc('week', (moment + interval '1 minute') AT TIME ZONE 'UTC')
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

  IF (can_all_pay OR item_count = 0) AND NOT has_known_keys THEN
    outcomes := array_fill('success'::text, ARRAY[item_count]);
    times := array_fill(moment, ARRAY[item_count]);
    is_replay := array_fill(false, ARRAY[item_count]);
    is_use := array_fill(true, ARRAY[item_count]);

    -- By the rows' places, which cannot change while they are locked.
    UPDATE public.ai_tokens AS token
    SET balance = changed.balance,
      ledger_balance = changed.balance,
      purchased = greatest(0, least(token.purchased, changed.balance)),
      total_used = token.total_used + token.balance - changed.balance,
      ledger_sequence = changed.sequence,
      last_used_at = moment,
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
  ELSE
    SELECT *
    INTO users, spent_on, ids, types, costs, price_versions, outcomes, befores, afters, availables, sequences, states,
      from_purchased, reservation_ids, held_units, details, is_use, times, is_replay
    FROM tollgate.decide_in_order(organization_ids, user_ids, membership_required, features, units, idempotency_keys,
      event_ids, metadata, transaction_ids, requests, has_known_keys);
    -- Uses that no balance was involved in.
    IF array_position(sequences, NULL) IS NOT NULL AND is_use && ARRAY[true] THEN
      PERFORM tollgate.note_late_entries(organization_ids, ids, ARRAY(
        SELECT spent.is_use AND spent.sequence IS NULL
        FROM unnest(is_use, sequences) WITH ORDINALITY AS spent (is_use, sequence, n)
        ORDER BY spent.n
      ));
    END IF;
  END IF;

  INSERT INTO public.ai_token_usage_log
    (id, organization_id, user_id, token_type, feature_used, tokens_deducted, remaining_balance, metadata, created_at,
     units, price_version, event_id, idempotency_key, sequence, from_purchased, reservation_id, dimensions)
  SELECT spent.id, spent.organization_id, spent.user_id, spent.token_type, spent.feature, spent.cost,
    spent.balance_after, coalesce(spent.metadata, '{}'), moment,
    CASE
      WHEN jsonb_typeof(spent.held_units) = 'number' THEN (spent.held_units #>> '{}')::bigint
      ELSE coalesce(spent.units, 1)
    END,
    coalesce(spent.price_version, 1), spent.event_id, spent.key, spent.sequence, coalesce(spent.from_purchased, 0),
    spent.reservation_id,
    CASE
      WHEN jsonb_typeof(spent.held_units) = 'object' THEN spent.held_units
      ELSE spent.request -> 'units'
    END
  FROM (
    SELECT
      unnest(ids) AS id, unnest(organization_ids) AS organization_id, unnest(users) AS user_id,
      unnest(types) AS token_type, unnest(spent_on) AS feature, unnest(costs) AS cost,
      unnest(afters) AS balance_after, unnest(metadata) AS metadata, unnest(units) AS units,
      unnest(price_versions) AS price_version, unnest(event_ids) AS event_id, unnest(idempotency_keys) AS key,
      unnest(sequences) AS sequence, unnest(from_purchased) AS from_purchased,
      unnest(reservation_ids) AS reservation_id, unnest(held_units) AS held_units, unnest(requests) AS request,
      unnest(is_use) AS is_use
  ) AS spent
  WHERE spent.is_use;

  IF outcomes && refusals THEN
    PERFORM tollgate.record_refusals(ids, organization_ids, types, befores, users, spent_on, outcomes, costs,
      price_versions, event_ids, idempotency_keys, metadata, details, is_replay);
  END IF;

  IF has_keys THEN
    INSERT INTO tollgate.idempotency_keys
      (organization_id, key, week, fingerprint, outcome, transaction_id, token_type, cost, balance_before,
       balance_after, available, state, details, created_at)
    SELECT answered.organization_id, answered.key, this_week,
      tollgate.fingerprint(answered.user_id, answered.feature, answered.units, answered.event_id, answered.metadata,
        answered.request),
      answered.outcome, answered.id, answered.token_type, answered.cost, answered.balance_before,
      answered.balance_after, answered.available, answered.state, answered.details, answered.created_at
    FROM (
      SELECT
        unnest(organization_ids) AS organization_id, unnest(idempotency_keys) AS key, unnest(user_ids) AS user_id,
        unnest(features) AS feature, unnest(units) AS units, unnest(event_ids) AS event_id,
        unnest(metadata) AS metadata, unnest(requests) AS request, unnest(outcomes) AS outcome, unnest(ids) AS id,
        unnest(types) AS token_type, unnest(costs) AS cost, unnest(befores) AS balance_before,
        unnest(afters) AS balance_after, unnest(availables) AS available, unnest(states) AS state,
        unnest(details) AS details, unnest(times) AS created_at, unnest(is_replay) AS is_replay
    ) AS answered
    WHERE answered.key IS NOT NULL
      AND answered.outcome IN ('success', 'insufficient_tokens', 'critical_balance')
      AND NOT answered.is_replay;
  END IF;

  RETURN QUERY
  SELECT answer.n::bigint, answer.outcome, answer.id, answer.token_type, answer.cost, answer.balance_before,
    answer.balance_after, answer.available, answer.state,
    CASE WHEN answer.outcome = 'not_on_plan' THEN tollgate.plan_title(answer.organization_id) END, answer.created_at,
    answer.is_replay, answer.details
  FROM (
    SELECT
      unnest(item_numbers) AS n, unnest(outcomes) AS outcome, unnest(ids) AS id,
      unnest(organization_ids) AS organization_id, unnest(types) AS token_type, unnest(costs) AS cost,
      unnest(befores) AS balance_before, unnest(afters) AS balance_after, unnest(availables) AS available,
      unnest(states) AS state, unnest(times) AS created_at, unnest(is_replay) AS is_replay, unnest(details) AS details
  ) AS answer;
  admitted := set_config('tollgate.organizations', '', true);
END
$$;
COMMENT ON FUNCTION tollgate.settle(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[], jsonb[]) IS
  'Settles a batch in one transaction: each item is answered as if alone and in order. Refusals are rows (outcome), never exceptions. An element of requests that is not NULL asks for something else than a plain deduction: see docs/settlement.md.';
REVOKE ALL ON FUNCTION tollgate.settle(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[], jsonb[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.settle(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[], jsonb[]) TO tollgate_server, service_role;
