-- A batch of requests to spend, each answered as if it had come alone and in this order.
--
-- 1. Look up what each item names: feature, price, organization, membership, the item before it with the same key.
-- 2. Lock the balances in key order and load them into arrays; an item knows its balance by its slot.
-- 3. Answer the items whose keys were settled before.
-- 4. Decide the others one after the other, in the arrays.
-- 5. Write it all: one UPDATE of balances, one INSERT each of uses, refusals and keys.
--
-- Few statements, each once a batch, with generic plans: a statement costs more than an item. Settings are changed by
-- assignment, which PL/pgSQL evaluates without a statement. Every join is from the batch into an index: a plan made
-- while a table was small stays good when it has grown.
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
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off
SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
  outcome_names CONSTANT text[] := ARRAY['success', 'insufficient_tokens', 'not_on_plan', 'organization_suspended',
    'forbidden', 'unknown_organization', 'unknown_feature', 'amount_out_of_range', 'idempotency_key_reused'];
  success CONSTANT integer := 1;
  insufficient_tokens CONSTANT integer := 2;
  not_on_plan CONSTANT integer := 3;
  organization_suspended CONSTANT integer := 4;
  forbidden CONSTANT integer := 5;
  unknown_organization CONSTANT integer := 6;
  unknown_feature CONSTANT integer := 7;
  amount_out_of_range CONSTANT integer := 8;
  idempotency_key_reused CONSTANT integer := 9;
  state_names CONSTANT text[] := ARRAY['safe', 'warning', 'critical', 'exhausted'];
  item_count CONSTANT integer := cardinality(features);
  no_numbers CONSTANT bigint[] := array_fill(NULL::bigint, ARRAY[item_count]);
  no_codes CONSTANT integer[] := array_fill(NULL::integer, ARRAY[item_count]);
  this_week CONSTANT date := date_trunc('week', now() AT TIME ZONE 'UTC')::date;

  -- Each item, as looked up.
  types text[];
  costs bigint[];
  price_versions integer[];
  verdicts integer[];
  slots integer[];
  predecessors integer[];
  fingerprints bigint[];
  has_keys boolean;
  slot_count integer;

  -- Each balance, by slot.
  slot_organizations uuid[];
  slot_types text[];
  loaded_slots integer[];
  stale_count bigint;
  balances bigint[];
  reserved bigint[];
  used bigint[];
  slot_sequences bigint[];
  without_plan boolean[];
  critical_thresholds bigint[];
  warning_thresholds bigint[];
  is_changed boolean[];
  written bigint;

  -- Each item, as decided.
  outcomes integer[] := no_codes;
  ids uuid[] := transaction_ids;
  befores bigint[] := no_numbers;
  afters bigint[] := no_numbers;
  availables bigint[] := no_numbers;
  sequences bigint[] := no_numbers;
  states integer[] := no_codes;
  times timestamptz[] := array_fill(now(), ARRAY[item_count]);
  is_replay boolean[] := array_fill(false, ARRAY[item_count]);
  origins integer[] := no_codes;

  slot integer;
  origin integer;
  spendable bigint;
  settled_items integer[];
  settled_keys tollgate.idempotency_keys[];
  settled tollgate.idempotency_keys;
  n integer;
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
  admitted := set_config('tollgate.organizations', organization_ids::text, true);

  SELECT
    array_agg(found.token_type),
    array_agg(found.cost),
    array_agg(found.price_version),
    array_agg(found.verdict),
    array_agg(found.slot),
    array_agg(found.predecessor),
    array_agg(found.fingerprint),
    coalesce(max(found.slot), 0),
    bool_or(found.has_key)
  INTO types, costs, price_versions, verdicts, slots, predecessors, fingerprints, slot_count, has_keys
  FROM (
    SELECT looked_up.*
    FROM tollgate.look_up_items(
      organization_ids, user_ids, membership_required, features, units, idempotency_keys, event_ids, metadata) AS looked_up
    ORDER BY looked_up.n
  ) AS found;

  FOR attempt IN 1..4 LOOP
    -- Every transaction locks in key order, which is what keeps several servers from deadlocking.
    SELECT
      array_agg(locked.slot),
      array_agg(locked.organization_id),
      array_agg(locked.token_type),
      count(*) FILTER (WHERE locked.is_stale),
      array_agg(locked.balance),
      array_agg(locked.reserved),
      array_agg(locked.total_used),
      array_agg(locked.ledger_sequence),
      array_agg(locked.is_without_plan),
      array_agg(locked.critical_threshold),
      array_agg(locked.warning_threshold)
    INTO loaded_slots, slot_organizations, slot_types, stale_count, balances, reserved, used, slot_sequences, without_plan, critical_thresholds,
      warning_thresholds
    FROM (
      SELECT named.slot, token.organization_id, token.token_type, token.balance, token.reserved, token.total_used, token.ledger_sequence,
        token.balance <> token.ledger_balance OR token.refresh_date <= now() AS is_stale,
        token.total_allocated = 0 AND tollgate.is_planned(kind) AS is_without_plan,
        tollgate.critical_threshold(token.total_allocated, kind) AS critical_threshold,
        tollgate.warning_threshold(token.total_allocated, kind) AS warning_threshold
      FROM (
          SELECT DISTINCT item.slot, item.organization_id, item.token_type
          FROM unnest(slots, organization_ids, types) AS item (slot, organization_id, token_type)
          WHERE item.slot IS NOT NULL
        ) AS named
        JOIN public.ai_tokens AS token
          ON token.organization_id = named.organization_id AND token.token_type = named.token_type
        JOIN tollgate.token_types AS kind ON kind.token_type = named.token_type
      ORDER BY named.slot
      FOR NO KEY UPDATE OF token
    ) AS locked;
    EXIT WHEN stale_count = 0 AND coalesce(cardinality(loaded_slots), 0) = slot_count;
    -- The rest is rare: something is due, or a balance is not there.
    SELECT array_agg(named.organization_id ORDER BY named.slot), array_agg(named.token_type ORDER BY named.slot)
    INTO slot_organizations, slot_types
    FROM (
        SELECT DISTINCT item.slot, item.organization_id, item.token_type
        FROM unnest(slots, organization_ids, types) AS item (slot, organization_id, token_type)
        WHERE item.slot IS NOT NULL
      ) AS named;
    IF attempt = 1 OR stale_count > 0 THEN
      IF attempt = 4 THEN
        RAISE EXCEPTION 'balances change faster than they can be locked' USING ERRCODE = 'serialization_failure';
      END IF;
      PERFORM tollgate.grant_missing_balances(slot_organizations);
      PERFORM tollgate.bring_up_to_date(slot_organizations, slot_types);
      CONTINUE;
    END IF;
    -- What is still missing is of no plan: nothing there, and nothing to write.
    SELECT
      array_agg(loaded.slot ORDER BY named.slot),
      array_agg(coalesce(loaded.balance, 0) ORDER BY named.slot),
      array_agg(coalesce(loaded.reserved, 0) ORDER BY named.slot),
      array_agg(coalesce(loaded.used, 0) ORDER BY named.slot),
      array_agg(coalesce(loaded.sequence, 0) ORDER BY named.slot),
      array_agg(coalesce(loaded.without_plan, tollgate.is_planned(kind)) ORDER BY named.slot),
      array_agg(coalesce(loaded.critical_threshold, tollgate.critical_threshold(0, kind)) ORDER BY named.slot),
      array_agg(coalesce(loaded.warning_threshold, tollgate.warning_threshold(0, kind)) ORDER BY named.slot)
    INTO loaded_slots, balances, reserved, used, slot_sequences, without_plan, critical_thresholds, warning_thresholds
    FROM unnest(slot_types) WITH ORDINALITY AS named (token_type, slot)
      JOIN tollgate.token_types AS kind ON kind.token_type = named.token_type
      LEFT JOIN unnest(loaded_slots, balances, reserved, used, slot_sequences, without_plan, critical_thresholds,
          warning_thresholds)
        AS loaded (slot, balance, reserved, used, sequence, without_plan, critical_threshold, warning_threshold)
        ON loaded.slot = named.slot;
    EXIT;
  END LOOP;
  is_changed := array_fill(false, ARRAY[slot_count]);

  IF has_keys THEN
    -- Within a week the primary key lets a key settle once. Across the turn of the week only a lock can: transactions
    -- last less than a minute, so those that could miss each other's keys are both in these two minutes. A transaction
    -- that was begun by hand last week also looks into the week that has come since.
    IF date_trunc('week', (now() - interval '1 minute') AT TIME ZONE 'UTC')
      <> date_trunc('week', (now() + interval '1 minute') AT TIME ZONE 'UTC')
    THEN
      PERFORM tollgate.lock_keys(organization_ids);
    END IF;

    SELECT array_agg(named.n::integer), array_agg(found::tollgate.idempotency_keys)
    INTO settled_items, settled_keys
    FROM unnest(organization_ids, idempotency_keys) WITH ORDINALITY AS named (organization_id, key, n)
      CROSS JOIN LATERAL (
        SELECT *
        FROM tollgate.idempotency_keys AS kept
        WHERE kept.organization_id = named.organization_id
          AND kept.key = named.key
          AND kept.week IN (this_week - 7, this_week, this_week + 7)
        OFFSET 0
      ) AS found;

    FOR i IN 1..coalesce(cardinality(settled_items), 0) LOOP
      n := settled_items[i];
      settled := settled_keys[i];
      CONTINUE WHEN verdicts[n] IN (forbidden, unknown_organization);
      IF settled.fingerprint <> fingerprints[n] THEN
        outcomes[n] := idempotency_key_reused;
      ELSE
        outcomes[n] := array_position(outcome_names, settled.outcome);
        ids[n] := settled.transaction_id;
        types[n] := settled.token_type;
        costs[n] := settled.cost;
        befores[n] := settled.balance_before;
        afters[n] := settled.balance_after;
        availables[n] := settled.available;
        states[n] := array_position(state_names, settled.state);
        times[n] := settled.created_at;
        is_replay[n] := true;
      END IF;
    END LOOP;
  END IF;

  FOR n IN 1..item_count LOOP
    CONTINUE WHEN outcomes[n] IS NOT NULL;
    IF verdicts[n] IN (forbidden, unknown_organization) THEN
      outcomes[n] := verdicts[n];
      -- Told nothing about the key; the next item with it looks past this one.
      IF predecessors[n] IS NOT NULL THEN
        origins[n] := coalesce(origins[predecessors[n]],
          CASE WHEN outcomes[predecessors[n]] IN (success, insufficient_tokens) THEN predecessors[n] END);
      END IF;
      CONTINUE;
    END IF;

    IF predecessors[n] IS NOT NULL THEN
      origin := coalesce(origins[predecessors[n]],
        CASE WHEN outcomes[predecessors[n]] IN (success, insufficient_tokens) THEN predecessors[n] END);
      IF origin IS NOT NULL THEN
        origins[n] := origin;
        IF fingerprints[n] <> fingerprints[origin] THEN
          outcomes[n] := idempotency_key_reused;
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
    END IF;

    IF verdicts[n] IN (unknown_feature, amount_out_of_range) THEN
      outcomes[n] := verdicts[n];
      CONTINUE;
    END IF;

    slot := slots[n];
    spendable := balances[slot] - reserved[slot];
    befores[n] := balances[slot];
    IF verdicts[n] = organization_suspended THEN
      outcomes[n] := organization_suspended;
    ELSIF costs[n] <= spendable OR costs[n] = 0 THEN
      outcomes[n] := success;
      spendable := spendable - costs[n];
      IF loaded_slots[slot] IS NOT NULL THEN
        balances[slot] := balances[slot] - costs[n];
        used[slot] := used[slot] + costs[n];
        slot_sequences[slot] := slot_sequences[slot] + 1;
        sequences[n] := slot_sequences[slot];
        is_changed[slot] := true;
      END IF;
    ELSIF without_plan[slot] AND spendable <= 0 THEN
      outcomes[n] := not_on_plan;
    ELSE
      outcomes[n] := insufficient_tokens;
    END IF;
    afters[n] := balances[slot];
    availables[n] := spendable;
    states[n] := CASE
      WHEN spendable <= 0 THEN 4
      WHEN spendable < critical_thresholds[slot] THEN 3
      WHEN spendable < warning_thresholds[slot] THEN 2
      ELSE 1
    END;
  END LOOP;

  UPDATE public.ai_tokens AS token
  SET balance = changed.balance,
    ledger_balance = changed.balance,
    purchased = least(token.purchased, changed.balance),
    total_used = changed.used,
    ledger_sequence = changed.sequence,
    last_used_at = now(),
    updated_at = now()
  FROM unnest(slot_organizations, slot_types, balances, used, slot_sequences, is_changed)
    AS changed (organization_id, token_type, balance, used, sequence, is_changed)
  WHERE changed.is_changed
    AND token.organization_id = changed.organization_id
    AND token.token_type = changed.token_type;
  GET DIAGNOSTICS written = ROW_COUNT;
  IF written <> coalesce(cardinality(array_positions(is_changed, true)), 0) THEN
    RAISE EXCEPTION 'settle wrote % balances of %', written, cardinality(array_positions(is_changed, true))
      USING ERRCODE = 'internal_error';
  END IF;

  INSERT INTO public.ai_token_usage_log
    (id, organization_id, user_id, token_type, feature_used, tokens_deducted, remaining_balance, metadata, units,
     price_version, event_id, idempotency_key, sequence)
  SELECT spent.id, spent.organization_id, spent.user_id, spent.token_type, spent.feature, spent.cost,
    spent.balance_after, coalesce(spent.metadata, '{}'), spent.units, spent.price_version, spent.event_id, spent.key,
    spent.sequence
  FROM unnest(ids, organization_ids, user_ids, types, features, costs, afters, metadata, units, price_versions,
      event_ids, idempotency_keys, sequences, outcomes, is_replay)
    AS spent (id, organization_id, user_id, token_type, feature, cost, balance_after, metadata, units, price_version,
      event_id, key, sequence, outcome, is_replay)
  WHERE spent.outcome = success AND NOT spent.is_replay;

  IF outcomes && ARRAY[insufficient_tokens, not_on_plan, organization_suspended] THEN
    INSERT INTO tollgate.ledger_entries
      (id, organization_id, token_type, kind, amount, balance_before, balance_after, user_id, feature_used, reason,
       required, event_id, idempotency_key, metadata)
    SELECT refused.id, refused.organization_id, refused.token_type, 'refusal', 0, refused.balance, refused.balance,
      refused.user_id, refused.feature, outcome_names[refused.outcome], refused.cost, refused.event_id, refused.key,
      coalesce(refused.metadata, '{}')
    FROM unnest(ids, organization_ids, types, befores, user_ids, features, costs, event_ids, idempotency_keys,
        metadata, outcomes, is_replay)
      AS refused (id, organization_id, token_type, balance, user_id, feature, cost, event_id, key, metadata, outcome,
        is_replay)
    WHERE refused.outcome IN (insufficient_tokens, not_on_plan, organization_suspended) AND NOT refused.is_replay;
  END IF;

  IF has_keys THEN
    INSERT INTO tollgate.idempotency_keys
      (organization_id, key, week, fingerprint, outcome, transaction_id, token_type, cost, balance_before,
       balance_after, available, state)
    SELECT answered.organization_id, answered.key, this_week, answered.fingerprint, outcome_names[answered.outcome],
      answered.id, answered.token_type, answered.cost, answered.balance_before, answered.balance_after,
      answered.available, state_names[answered.state]
    FROM unnest(organization_ids, idempotency_keys, fingerprints, outcomes, ids, types, costs, befores, afters,
        availables, states, is_replay)
      AS answered (organization_id, key, fingerprint, outcome, id, token_type, cost, balance_before, balance_after,
        available, state, is_replay)
    WHERE answered.key IS NOT NULL
      AND answered.outcome IN (success, insufficient_tokens)
      AND NOT answered.is_replay;
  END IF;

  RETURN QUERY
  SELECT answer.n, outcome_names[answer.outcome], answer.id, answer.token_type, answer.cost, answer.balance_before,
    answer.balance_after, answer.available, state_names[answer.state],
    CASE WHEN answer.outcome = not_on_plan THEN tollgate.plan_title(answer.organization_id) END, answer.created_at,
    answer.is_replay
  FROM unnest(outcomes, ids, organization_ids, types, costs, befores, afters, availables, states, times, is_replay)
    WITH ORDINALITY
    AS answer (outcome, id, organization_id, token_type, cost, balance_before, balance_after, available, state,
      created_at, is_replay, n)
  ORDER BY answer.n;
  admitted := set_config('tollgate.organizations', '', true);
END
$$;
COMMENT ON FUNCTION tollgate.settle(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[]) IS
  'Settles a batch of deductions in one transaction: each item is answered as if alone and in order. Refusals are rows (outcome), never exceptions.';
REVOKE ALL ON FUNCTION tollgate.settle(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.settle(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[]) TO tollgate_server, service_role;
