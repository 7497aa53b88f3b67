-- A batch of requests to spend, each answered as if it had come alone and in this order.
--
-- 1. Look up what each item names and lock its balance, in key order; work out what each balance comes to if all is
--    granted. What is due or missing is rare: it is mended and looked up again.
-- 2. Ask whether any key was settled before, or comes twice.
-- 3. If none was and every balance suffices, all is granted as worked out. Otherwise tollgate.decide_in_order decides.
-- 4. Write it all: one UPDATE of balances, one INSERT each of uses, refusals and keys.
--
-- Few statements, each once a batch, with generic plans: a statement costs more than an item. Settings are changed by
-- assignment, which PL/pgSQL evaluates without a statement. Every join is from the batch into an index: a plan made
-- while a table was small stays good when it has grown. Arrays are unnested in select lists, which needs no tuple store.
--
-- Arrays have an element for each item. What belongs to a balance is kept at its slot, the number of its first item.
CREATE OR REPLACE FUNCTION tollgate.settle(
  organization_ids uuid[],
  user_ids uuid[],
  membership_required boolean[],
  features text[],
  units bigint[],
  idempotency_keys text[],
  event_ids text[],
  metadata jsonb[],
  transaction_ids uuid[]
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
COMMENT ON FUNCTION tollgate.settle(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[]) IS
  'Settles a batch of deductions in one transaction: each item is answered as if alone and in order. Refusals are rows (outcome), never exceptions.';
REVOKE ALL ON FUNCTION tollgate.settle(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.settle(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[]) TO tollgate_server, service_role;
