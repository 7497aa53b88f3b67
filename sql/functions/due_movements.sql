-- What has happened to a balance by itself, and by hand, since its last movement: in the order of time, without writing.
CREATE OR REPLACE FUNCTION tollgate.due_movements(
  token public.ai_tokens,
  at timestamptz,
  OUT current public.ai_tokens,
  OUT entries tollgate.ledger_entries[],
  OUT pack_uses tollgate.pack_uses[],
  OUT expired_reservations tollgate.reservations[],
  OUT began_period boolean
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  policy record;
  kind CONSTANT tollgate.token_types := (
    SELECT known FROM tollgate.token_types AS known WHERE known.token_type = token.token_type);
  packs tollgate.token_packs[];
  pack tollgate.token_packs;
  holds tollgate.reservations[];
  request tollgate.auto_top_ups;
  next_pack integer := 1;
  next_hold integer := 1;
  reached timestamptz;
  pack_at timestamptz;
  hold_at timestamptz;
  -- Whether more is held than is there, which only a change by hand can do.
  is_short CONSTANT boolean := token.balance - token.reserved < -token.overdraft;
  stretch_end timestamptz;
  period_end timestamptz;
  periods integer;
  moved bigint;
  gained numeric;
BEGIN
  current := token;
  entries := '{}';
  pack_uses := '{}';
  expired_reservations := '{}';
  began_period := false;

  IF token.balance <> token.ledger_balance THEN
    entries := entries || tollgate.movement(current, 'adjustment', token.balance - token.ledger_balance, 'by_hand');
    current.ledger_balance := current.balance;
    current.ledger_sequence := current.ledger_sequence + 1;
  END IF;
  current.purchased := greatest(0, least(current.purchased, current.balance));

  IF token.due_at <= at OR is_short THEN
    packs := ARRAY(
      SELECT open
      FROM tollgate.token_packs AS open
      WHERE open.organization_id = token.organization_id AND open.token_type = token.token_type AND open.remaining > 0
      ORDER BY open.expires_at, open.pack_id);
    holds := ARRAY(
      SELECT open
      FROM tollgate.reservations AS open
      WHERE open.organization_id = token.organization_id AND open.token_type = token.token_type AND open.status = 'open'
      ORDER BY open.expires_at, open.reservation_id);
  END IF;

  -- Nobody can have what was taken away by hand: it is let go, what ends first before the others.
  WHILE current.balance - current.reserved < -current.overdraft AND next_hold <= cardinality(holds) LOOP
    entries := entries || tollgate.movement(current, 'release', 0, 'by_hand', (holds[next_hold]).reservation_id,
      (holds[next_hold]).amount);
    current.reserved := greatest(0, current.reserved - (holds[next_hold]).amount);
    current.ledger_sequence := current.ledger_sequence + 1;
    expired_reservations := expired_reservations || holds[next_hold];
    next_hold := next_hold + 1;
  END LOOP;

  LOOP
    hold_at := (holds[next_hold]).expires_at;
    pack_at := (packs[next_pack]).expires_at;
    reached := greatest(reached, least(at, hold_at, pack_at, current.refresh_date));
    SELECT * INTO policy FROM tollgate.allocation_at(token.organization_id, token.token_type, reached);

    -- A bucket has refilled until then.
    IF (policy.allocation).refill_tokens IS NOT NULL AND current.refilled_at IS NOT NULL THEN
      gained := div(
        (extract(epoch FROM reached - current.refilled_at) * 1000000)::numeric * (policy.allocation).refill_tokens,
        (policy.allocation).refill_seconds * 1000000::numeric);
      moved := greatest(0, least(gained, (policy.allocation).tokens - (current.balance - current.purchased)))::bigint;
      IF moved > 0 THEN
        entries := entries || tollgate.movement(current, 'allocation', moved, 'refill');
        current.balance := current.balance + moved;
        current.ledger_balance := current.balance;
        current.ledger_sequence := current.ledger_sequence + 1;
      END IF;
      IF current.balance - current.purchased >= (policy.allocation).tokens THEN
        -- A full bucket does not save up. It begins anew what is announced.
        current.refilled_at := reached;
        current.announced := least(current.announced, tollgate.state_level(
          tollgate.balance_state(current.balance - current.reserved, current.total_allocated, kind)));
      ELSE
        -- The rest of a token that is on its way stays on its way.
        current.refilled_at := current.refilled_at + ceil(
          gained * (policy.allocation).refill_seconds * 1000000 / (policy.allocation).refill_tokens)::double precision
          * interval '1 microsecond';
      END IF;
      IF moved > 0 AND next_pack > 1 THEN
        next_pack := 1;
        CONTINUE;
      END IF;
    END IF;

    EXIT WHEN least(hold_at, pack_at, current.refresh_date) IS NULL
      OR least(hold_at, pack_at, current.refresh_date) > at;

    IF hold_at = least(hold_at, pack_at, current.refresh_date) THEN
      entries := entries || tollgate.movement(current, 'release', 0, 'expired', (holds[next_hold]).reservation_id,
        (holds[next_hold]).amount);
      current.reserved := greatest(0, current.reserved - (holds[next_hold]).amount);
      current.ledger_sequence := current.ledger_sequence + 1;
      expired_reservations := expired_reservations || holds[next_hold];
      next_hold := next_hold + 1;
      -- Packs whose time was over may go now as far as it was held.
      next_pack := 1;

    ELSIF pack_at = least(pack_at, current.refresh_date) THEN
      -- What was spent so far is of the packs that expire first.
      SELECT used.packs, pack_uses || used.uses
      INTO packs, pack_uses
      FROM tollgate.use_packs(current, packs) AS used;
      current.purchased_sequence := current.ledger_sequence;
      pack := packs[next_pack];
      -- What is held stays until it is let go.
      moved := least(pack.remaining, greatest(0, current.balance - current.reserved));
      IF moved > 0 THEN
        entries := entries || tollgate.movement(current, 'expiry', -moved, 'expired', pack.pack_id);
        current.ledger_sequence := current.ledger_sequence + 1;
        pack_uses := pack_uses || ROW(token.organization_id, pack.pack_id, token.token_type,
          current.ledger_sequence - 1, current.ledger_sequence, moved, true, at)::tollgate.pack_uses;
        pack.remaining := pack.remaining - moved;
        packs[next_pack] := pack;
        current.balance := current.balance - moved;
        current.ledger_balance := current.balance;
        current.purchased := greatest(0, current.purchased - moved);
        current.purchased_sequence := current.ledger_sequence;
      END IF;
      next_pack := next_pack + 1;

    ELSE
      -- As many periods as end before something else happens are one movement.
      stretch_end := greatest(current.refresh_date, least(at, hold_at, pack_at, policy.next_plan_from));
      period_end := tollgate.period_end(coalesce((policy.allocation).period, 'days'),
        coalesce((policy.allocation).period_days, 30), current.refresh_date,
        CASE WHEN (policy.allocation).anchored THEN current.period_anchor END, policy.time_zone, stretch_end);
      periods := coalesce(tollgate.periods_between(coalesce((policy.allocation).period, 'days'),
        coalesce((policy.allocation).period_days, 30), current.refresh_date, CASE WHEN (policy.allocation).anchored THEN current.period_anchor END, policy.time_zone,
        current.refresh_date, period_end), 1);
      moved := tollgate.balance_after_reset(current, coalesce((policy.allocation).tokens, 0),
        coalesce((policy.allocation).rollover_cap, 0), coalesce((policy.allocation).overdraft, current.overdraft),
        periods) - current.balance;
      entries := entries || tollgate.movement(current, 'reset', moved, 'period_ended', NULL, NULL,
        jsonb_build_object('periodEnd', current.refresh_date, 'periods', periods, 'nextPeriodEnd', period_end));
      current.balance := current.balance + moved;
      current.ledger_balance := current.balance;
      current.ledger_sequence := current.ledger_sequence + 1;
      current.total_allocated := coalesce((policy.allocation).tokens, 0);
      current.total_used := 0;
      current.overdraft := coalesce((policy.allocation).overdraft, current.overdraft);
      current.refresh_date := period_end;
      IF (policy.allocation).refill_tokens IS NOT NULL THEN
        current.refilled_at := coalesce(current.refilled_at, reached);
      END IF;
      current.announced := tollgate.state_level(
        tollgate.balance_state(current.balance - current.reserved, current.total_allocated, kind));
      began_period := true;
      next_pack := 1;
    END IF;
  END LOOP;

  IF token.due_at <= at OR began_period THEN
    -- An automatic top-up may be requested again once it has cooled off, and as often as before in a new period.
    SELECT *
    INTO request
    FROM tollgate.auto_top_ups AS configured
    WHERE configured.organization_id = token.organization_id AND configured.token_type = token.token_type;
    IF began_period THEN
      request.requested_count := 0;
    END IF;
    IF request.requested_count < request.period_maximum
      AND (request.requested_at + make_interval(secs => request.cool_off_seconds) <= at) IS NOT FALSE
    THEN
      current.request_below := request.below;
    END IF;
  END IF;
  IF (policy.allocation).refill_tokens IS NOT NULL AND current.refilled_at IS NOT NULL THEN
    current.due_at := '-infinity';
  ELSIF token.due_at <= at THEN
    current.due_at := least(
      -- A pack that could not expire, because it is held, is due until it can.
      (SELECT min(open.expires_at) FROM unnest(packs) AS open WHERE open.remaining > 0),
      (holds[next_hold]).expires_at,
      CASE WHEN current.request_below IS NULL AND request.requested_count < request.period_maximum THEN
        request.requested_at + make_interval(secs => request.cool_off_seconds)
      END);
  ELSIF began_period AND current.request_below IS NULL AND request.requested_count < request.period_maximum THEN
    current.due_at := least(current.due_at, request.requested_at + make_interval(secs => request.cool_off_seconds));
  END IF;
END
$$;
COMMENT ON FUNCTION tollgate.due_movements(public.ai_tokens, timestamptz) IS
  'A balance as of a time, and the movements that lead there from its row: a change by hand, expired reservations and packs, resets, a refill. Arithmetic, not a counter: however late and by however many it is applied, each happens once.';
REVOKE ALL ON FUNCTION tollgate.due_movements(public.ai_tokens, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.due_movements(public.ai_tokens, timestamptz) TO authenticated, service_role;
