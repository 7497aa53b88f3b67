-- The rules of settlement, one item after the other: tollgate.settle asks when it cannot simply grant a whole batch.
--
-- Arrays have an element for each item. What belongs to a balance is kept at its slot, the number of its first item.
-- Balances are changed in memory and written once. So is what else the items come to: a statement for an item would cost
-- more than the item. Where a later item is about it, it is written before that one is decided.
CREATE OR REPLACE FUNCTION tollgate.decide_in_order(
  organization_ids uuid[],
  INOUT user_ids uuid[],
  membership_required boolean[],
  INOUT features text[],
  units bigint[],
  idempotency_keys text[],
  event_ids text[],
  metadata jsonb[],
  INOUT ids uuid[],
  requests jsonb[],
  has_known_keys boolean,
  OUT types text[],
  OUT costs bigint[],
  OUT price_versions integer[],
  OUT outcomes text[],
  OUT befores bigint[],
  OUT afters bigint[],
  OUT availables bigint[],
  OUT sequences bigint[],
  OUT states text[],
  OUT from_purchased bigint[],
  OUT reservation_ids uuid[],
  OUT held_units jsonb[],
  OUT details jsonb[],
  OUT is_use boolean[],
  OUT times timestamptz[],
  OUT is_replay boolean[]
)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  item_count CONSTANT integer := cardinality(features);
  moment CONSTANT timestamptz := tollgate.moment();
  remembered CONSTANT text[] := ARRAY['success', 'insufficient_tokens', 'critical_balance'];
  whole_batch CONSTANT text := current_setting('tollgate.organizations', true);
  -- Each item, as looked up.
  operations text[];
  verdicts text[];
  slots integer[];
  limited boolean[];
  -- By slot: balances, the kinds of their tokens, what their plans give.
  tokens public.ai_tokens[];
  kinds tollgate.token_types[];
  allocations tollgate.plan_allocations[];
  planned boolean[];
  policy record;
  -- Whether something was let go or added since what is due was booked.
  let_go boolean[];

  -- By item: the reservation or charge that it is about.
  holds tollgate.reservations[];
  charges tollgate.refundable[];
  -- Those that items of this batch have changed; and by slot, whether it may be any of the balance.
  changed_ids uuid[] := ARRAY[]::uuid[];
  was_due boolean[];
  is_changed boolean;
  -- What is not written yet, and of whom.
  entries tollgate.ledger_entries[] := ARRAY[]::tollgate.ledger_entries[];
  begun_holds tollgate.reservations[] := ARRAY[]::tollgate.reservations[];
  changed_holds tollgate.reservations[] := ARRAY[]::tollgate.reservations[];
  refunds tollgate.refunds[] := ARRAY[]::tollgate.refunds[];
  unwritten_organizations uuid[] := ARRAY[]::uuid[];

  settled_keys tollgate.idempotency_keys[];
  settled tollgate.idempotency_keys;
  fingerprints bigint[];
  -- The item before with the same key, and the one that settled it.
  predecessors integer[];
  origins integer[];
  origin integer;
  slot integer;
  token public.ai_tokens;
  kind tollgate.token_types;
  allocation tollgate.plan_allocations;
  entry tollgate.ledger_entries;
  applied tollgate.applied;
  bound record;
  available bigint;
  overdraft bigint;
  held tollgate.reservations;
  refund tollgate.refunds;
  is_due boolean;
  admitted text;
BEGIN
  SELECT array_agg(item.operation), array_agg(item.token_type), array_agg(item.cost), array_agg(item.price_version),
    array_agg(item.verdict), array_agg(item.slot), array_agg(item.is_limited)
  INTO operations, types, costs, price_versions, verdicts, slots, limited
  FROM (
    SELECT *
    FROM tollgate.look_up_items(organization_ids, user_ids, membership_required, features, units, requests)
    ORDER BY n
  ) AS item;
  PERFORM tollgate.make_missing_balances(organization_ids, types, operations, costs, slots);
  tokens := tollgate.lock_balances(organization_ids, types, slots,
    true = ANY (limited) OR operations && ARRAY['capture', 'release']);
  FOR policy IN SELECT * FROM tollgate.find_policies(organization_ids, types, slots) LOOP
    kinds[policy.slot] := policy.kind;
    allocations[policy.slot] := policy.allocation;
    planned[policy.slot] := policy.is_planned;
  END LOOP;
  IF operations && ARRAY['capture', 'release', 'extend'] THEN
    holds := tollgate.find_holds(organization_ids, requests);
  END IF;
  IF operations && ARRAY['refund'] THEN
    charges := tollgate.find_charges(organization_ids, requests);
  END IF;

  outcomes := array_fill(NULL::text, ARRAY[item_count]);
  states := outcomes;
  befores := array_fill(NULL::bigint, ARRAY[item_count]);
  afters := befores;
  availables := befores;
  sequences := befores;
  from_purchased := befores;
  reservation_ids := array_fill(NULL::uuid, ARRAY[item_count]);
  details := array_fill(NULL::jsonb, ARRAY[item_count]);
  held_units := details;
  predecessors := array_fill(NULL::integer, ARRAY[item_count]);
  is_use := array_fill(false, ARRAY[item_count]);
  is_replay := is_use;
  times := array_fill(moment, ARRAY[item_count]);

  IF has_known_keys THEN
    SELECT *
    INTO predecessors, fingerprints, settled_keys
    FROM tollgate.recall_keys(organization_ids, user_ids, features, units, idempotency_keys, event_ids, metadata,
      requests);
    FOR n IN 1..item_count LOOP
      settled := settled_keys[n];
      CONTINUE WHEN settled.key IS NULL OR verdicts[n] IN ('forbidden', 'not_permitted', 'unknown_organization');
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
        details[n] := settled.details;
        times[n] := settled.created_at;
        is_replay[n] := true;
      END IF;
    END LOOP;
  END IF;

  FOR n IN 1..item_count LOOP
    CONTINUE WHEN outcomes[n] IS NOT NULL;
    IF predecessors[n] IS NOT NULL THEN
      origins[n] := coalesce(origins[predecessors[n]],
        -- A payment that was known is not remembered under another key.
        CASE WHEN outcomes[predecessors[n]] = ANY (remembered) AND NOT is_replay[predecessors[n]] THEN
          predecessors[n]
        END);
    END IF;
    -- Told nothing about the key; the next item with it looks past this one.
    IF verdicts[n] IN ('forbidden', 'not_permitted', 'unknown_organization') THEN
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
        types[n] := types[origin];
        costs[n] := costs[origin];
        befores[n] := befores[origin];
        afters[n] := afters[origin];
        availables[n] := availables[origin];
        states[n] := states[origin];
        details[n] := details[origin];
        times[n] := times[origin];
        is_replay[n] := true;
      END IF;
      CONTINUE;
    END IF;

    IF verdicts[n] <> 'organization_suspended' THEN
      outcomes[n] := verdicts[n];
      CONTINUE;
    END IF;

    slot := slots[n];
    token := tokens[slot];
    is_due := let_go[slot] AND token.due_at <= moment;
    is_changed := was_due[slot] OR holds[n].reservation_id = ANY (changed_ids) OR charges[n].id = ANY (changed_ids);
    IF (is_due OR is_changed OR operations[n] IN ('top_up', 'adjust', 'reset'))
      AND organization_ids[n] = ANY (unwritten_organizations)
    THEN
      admitted := set_config('tollgate.organizations', whole_batch, true);
      PERFORM tollgate.write_movements(entries, begun_holds, changed_holds, refunds);
      entries := '{}';
      begun_holds := '{}';
      changed_holds := '{}';
      refunds := '{}';
      unwritten_organizations := '{}';
    END IF;
    -- From here on everything is about one organization, and policies have a short list to read.
    admitted := set_config('tollgate.organizations', ARRAY[organization_ids[n]]::text, true);
    -- A pack whose time is over goes as soon as what was held of it is let go; a bucket may be full again.
    IF is_due THEN
      token := tollgate.apply_due(token);
      tokens[slot] := token;
      was_due[slot] := true;
    END IF;
    IF is_changed OR is_due THEN
      holds[n] := (tollgate.find_holds(organization_ids[n:n], requests[n:n]))[1];
      charges[n] := (tollgate.find_charges(organization_ids[n:n], requests[n:n]))[1];
    END IF;
    let_go[slot] := false;
    kind := kinds[slot];
    available := coalesce(token.balance - token.reserved, 0);
    befores[n] := coalesce(token.balance, 0);
    applied := NULL;

    IF operations[n] IN ('deduct', 'reserve') THEN
      -- An estimate is granted from what is there; only actual work may draw on the overdraft.
      overdraft := CASE WHEN operations[n] = 'deduct' THEN coalesce(token.overdraft, 0) ELSE 0 END;
      allocation := allocations[slot];
      outcomes[n] := CASE
        WHEN verdicts[n] IS NOT NULL THEN verdicts[n]
        ELSE tollgate.spending_outcome(costs[n], available, overdraft,
          CASE WHEN kind.critical_blocks THEN
            tollgate.critical_threshold(coalesce(token.total_allocated, 0), kind)
          END,
          CASE WHEN allocation.refill_tokens IS NOT NULL AND token.refilled_at IS NOT NULL THEN
            allocation.tokens + token.purchased + overdraft - token.reserved
          END,
          coalesce(token.total_allocated, 0) = 0 AND planned[slot])
      END;
      CASE outcomes[n]
        WHEN 'insufficient_tokens' THEN
          details[n] := '{"limit": "balance"}';
        WHEN 'critical_balance' THEN
          details[n] := '{"limit": "critical_threshold"}';
        WHEN 'refilling' THEN
          details[n] := jsonb_build_object('limit', 'balance', 'retryAfterSeconds', tollgate.refill_wait_seconds(
            costs[n] - available - overdraft, token.refilled_at, allocation.refill_tokens, allocation.refill_seconds,
            moment));
        ELSE
      END CASE;
      IF limited[n] AND outcomes[n] = 'success' THEN
        SELECT *
        INTO bound
        FROM tollgate.binding_limit(organization_ids[n], user_ids[n], features[n], types[n], costs[n]);
        IF bound.limit_name IS NOT NULL THEN
          outcomes[n] := 'limit_reached';
          details[n] := jsonb_strip_nulls(jsonb_build_object('limit', bound.limit_name,
            'retryAfterSeconds', bound.retry_after_seconds));
        END IF;
      ELSIF limited[n] AND outcomes[n] IN ('insufficient_tokens', 'critical_balance', 'not_on_plan') THEN
        PERFORM tollgate.count_refusal(organization_ids[n], user_ids[n], features[n], types[n]);
      END IF;

      IF outcomes[n] = 'success' AND operations[n] = 'reserve' THEN
        applied := tollgate.apply_reserve(requests[n], ids[n], token, costs[n], features[n],
          coalesce(requests[n] -> 'units', to_jsonb(units[n])), price_versions[n], user_ids[n], event_ids[n], metadata[n]);
      ELSIF outcomes[n] = 'success' THEN
        is_use[n] := true;
        from_purchased[n] := 0;
        IF token.organization_id IS NOT NULL THEN
          token.balance := token.balance - costs[n];
          token.ledger_balance := token.balance;
          token.ledger_sequence := token.ledger_sequence + 1;
          token.total_used := token.total_used + costs[n];
          token.last_used_at := moment;
          sequences[n] := token.ledger_sequence;
          IF token.purchased > 0 THEN
            from_purchased[n] := greatest(0, token.purchased - greatest(0, token.balance));
            token.purchased := token.purchased - from_purchased[n];
          END IF;
        END IF;
      END IF;
      IF limited[n] AND outcomes[n] = 'success' THEN
        PERFORM tollgate.take_limits(organization_ids[n], user_ids[n], features[n], types[n], costs[n]);
      END IF;
    ELSE
      CASE operations[n]
        WHEN 'capture' THEN
          applied := tollgate.apply_capture(requests[n], ids[n], token, holds[n]);
        WHEN 'release' THEN
          applied := tollgate.apply_release(ids[n], token, holds[n]);
        WHEN 'extend' THEN
          applied := tollgate.apply_extend(requests[n], token, holds[n]);
        WHEN 'refund' THEN
          applied := tollgate.apply_refund(requests[n], ids[n], token, charges[n]);
        WHEN 'top_up' THEN
          applied := tollgate.apply_top_up(requests[n], ids[n], token);
        WHEN 'adjust' THEN
          applied := tollgate.apply_adjustment(requests[n], ids[n], token);
        WHEN 'reset' THEN
          applied := tollgate.apply_reset(ids[n], token);
        ELSE
          RAISE EXCEPTION 'There is no operation %.', quote_nullable(operations[n]) USING ERRCODE = 'TG400';
      END CASE;
    END IF;

    IF applied.outcome IS NOT NULL THEN
      outcomes[n] := applied.outcome;
      costs[n] := coalesce(applied.amount, costs[n], 0);
      details[n] := coalesce(applied.details, CASE WHEN applied.outcome = 'insufficient_tokens' THEN
        '{"limit": "balance"}'::jsonb END);
      ids[n] := coalesce(applied.id, ids[n]);
      user_ids[n] := coalesce(user_ids[n], applied.user_id);
      features[n] := coalesce(applied.feature, features[n]);
      price_versions[n] := coalesce(applied.price_version, price_versions[n]);
      befores[n] := coalesce(applied.balance_before, befores[n]);
      times[n] := coalesce(applied.created_at, moment);
      is_replay[n] := coalesce(applied.is_replay, false);
      IF operations[n] = 'capture' AND applied.outcome = 'success' THEN
        is_use[n] := true;
        reservation_ids[n] := (requests[n] ->> 'reservationId')::uuid;
        held_units[n] := applied.held_units;
        sequences[n] := token.ledger_sequence + 1;
        from_purchased[n] := applied.from_purchased;
      END IF;
      entry := applied.entry;
      IF entry.id IS NOT NULL THEN
        entry.user_id := user_ids[n];
        entry.feature_used := features[n];
        entry.event_id := event_ids[n];
        entry.idempotency_key := idempotency_keys[n];
        entry.metadata := coalesce(metadata[n], '{}') || entry.metadata;
        entries := entries || entry;
      END IF;
      held := applied.reservation;
      IF operations[n] = 'reserve' THEN
        begun_holds := begun_holds || held;
      ELSIF held.reservation_id IS NOT NULL THEN
        changed_holds := changed_holds || held;
        changed_ids := changed_ids || held.reservation_id;
      END IF;
      refund := applied.refund;
      IF refund.refund_id IS NOT NULL THEN
        refunds := refunds || refund;
        changed_ids := changed_ids || refund.transaction_id;
      END IF;
      unwritten_organizations := unwritten_organizations || organization_ids[n];
      token := applied.token;
      IF operations[n] IN ('top_up', 'adjust', 'reset') AND applied.outcome = 'success' AND NOT is_replay[n]
        -- That a balance is what an upstream says it is changes nothing.
        AND (operations[n] <> 'adjust' OR costs[n] <> 0)
      THEN
        PERFORM tollgate.record_change(organization_ids[n], 'balance.' || operations[n], types[n],
          jsonb_build_object('balance', befores[n]),
          jsonb_strip_nulls(jsonb_build_object('balance', token.balance, 'amount', costs[n], 'transactionId', ids[n],
            'reason', requests[n] ->> 'reason', 'paymentId', requests[n] ->> 'paymentId')),
          requests[n] -> 'actor');
      END IF;
    END IF;

    available := coalesce(token.balance - token.reserved, 0);
    afters[n] := coalesce(applied.balance_after, token.balance, 0);
    availables[n] := coalesce(applied.available, available);
    states[n] := tollgate.balance_state(available, coalesce(token.total_allocated, 0), kind);
    -- Without periods it is a top-up that begins anew what is announced.
    IF token.refresh_date IS NULL AND outcomes[n] = 'success' AND operations[n] IN ('top_up', 'adjust')
      AND NOT is_replay[n]
    THEN
      token.announced := least(token.announced, tollgate.state_level(states[n]));
    END IF;
    IF token.organization_id IS NOT NULL AND outcomes[n] = 'success' THEN
      IF tollgate.state_level(states[n]) > token.announced OR available < token.request_below THEN
        token := tollgate.announce(token);
      END IF;
      tokens[slot] := token;
      let_go[slot] := operations[n] NOT IN ('deduct', 'reserve', 'extend');
    END IF;
  END LOOP;

  admitted := set_config('tollgate.organizations', whole_batch, true);
  IF cardinality(unwritten_organizations) > 0 THEN
    PERFORM tollgate.write_movements(entries, begun_holds, changed_holds, refunds);
  END IF;
  PERFORM tollgate.write_balances(tokens);
END
$$;
COMMENT ON FUNCTION tollgate.decide_in_order(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[], jsonb[], boolean) IS
  'Decides the items of a batch one after the other: looks up what they name, locks their balances, and grants, refuses, replays. Writes all but uses, refusals and keys, which it returns: is_use marks the items that are uses.';
REVOKE ALL ON FUNCTION tollgate.decide_in_order(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[], jsonb[], boolean) FROM PUBLIC;
