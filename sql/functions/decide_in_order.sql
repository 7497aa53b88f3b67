-- The rules of settlement, one item after the other: tollgate.settle asks when it cannot simply grant a whole batch.
--
-- Arrays have an element for each item. What belongs to a balance is kept at its slot, the number of its first item.
CREATE OR REPLACE FUNCTION tollgate.decide_in_order(
  organization_ids uuid[],
  user_ids uuid[],
  features text[],
  units bigint[],
  idempotency_keys text[],
  event_ids text[],
  metadata jsonb[],
  has_known_keys boolean,
  verdicts text[],
  slots integer[],
  rows_at tid[],
  without_plan boolean[],
  critical_thresholds bigint[],
  warning_thresholds bigint[],
  balances bigint[],
  reserved bigint[],
  last_sequences bigint[],
  INOUT types text[],
  INOUT costs bigint[],
  INOUT ids uuid[],
  OUT outcomes text[],
  OUT befores bigint[],
  OUT afters bigint[],
  OUT availables bigint[],
  OUT sequences bigint[],
  OUT states text[],
  OUT is_final boolean[],
  OUT times timestamptz[],
  OUT is_replay boolean[]
)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION tollgate.decide_in_order(uuid[], uuid[], text[], bigint[], text[], text[], jsonb[], boolean, text[], integer[], tid[], boolean[], bigint[], bigint[], bigint[], bigint[], bigint[], text[], bigint[], uuid[]) IS
  'Decides the items of a batch one after the other, on balances that are locked: replays, reused keys, refusals, grants. Writes nothing. is_final marks the item whose balance after it is the one to be kept.';
REVOKE ALL ON FUNCTION tollgate.decide_in_order(uuid[], uuid[], text[], bigint[], text[], text[], jsonb[], boolean, text[], integer[], tid[], boolean[], bigint[], bigint[], bigint[], bigint[], bigint[], text[], bigint[], uuid[]) FROM PUBLIC;
