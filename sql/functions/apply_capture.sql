CREATE OR REPLACE FUNCTION tollgate.apply_capture(
  request jsonb,
  id uuid,
  token public.ai_tokens,
  held tollgate.reservations
) RETURNS tollgate.applied
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  applied tollgate.applied;
  charged CONSTANT numeric := coalesce((request ->> 'amount')::numeric, held.amount);
BEGIN
  applied.token := token;
  applied.user_id := held.user_id;
  applied.feature := coalesce(held.feature_used, 'reservation');
  applied.price_version := held.price_version;
  IF held.status IS DISTINCT FROM 'open' THEN
    applied.outcome := 'reservation_closed';
    RETURN applied;
  ELSIF charged NOT BETWEEN least(1, held.amount) AND 1000000000000000 THEN
    applied.outcome := 'amount_out_of_range';
    RETURN applied;
  END IF;
  applied.amount := charged::bigint;
  -- Of what is held nobody else could spend anything; what goes beyond has to be there, or the overdraft.
  IF charged > held.amount AND charged - held.amount > token.balance - token.reserved + token.overdraft THEN
    applied.outcome := 'insufficient_tokens';
    -- To this charge what is held is available, too.
    applied.available := token.balance - token.reserved + held.amount;
    RETURN applied;
  END IF;

  -- A capture is a use of as many units as were reserved.
  applied.held_units := held.units;
  applied.from_purchased := greatest(0, least(token.purchased, token.balance))
    - greatest(0, least(token.purchased, token.balance - charged::bigint));
  token.balance := token.balance - charged::bigint;
  token.ledger_balance := token.balance;
  token.reserved := greatest(0, token.reserved - held.amount);
  token.purchased := greatest(0, least(token.purchased, token.balance));
  token.total_used := token.total_used + charged::bigint;
  token.ledger_sequence := token.ledger_sequence + 1;
  token.last_used_at := tollgate.moment();
  IF charged < held.amount THEN
    applied.entry := tollgate.movement(token, 'release', 0, 'captured_less', held.reservation_id,
      held.amount - charged::bigint);
    token.ledger_sequence := token.ledger_sequence + 1;
  END IF;
  held.status := 'captured';
  held.captured := charged::bigint;
  held.transaction_id := apply_capture.id;
  held.finished_at := tollgate.moment();
  applied.reservation := held;
  -- The use was counted when it was reserved; limits on tokens count what it cost in the end.
  IF charged < held.amount THEN
    PERFORM tollgate.give_back_limits(held.organization_id, held.user_id, held.feature_used, held.token_type,
      held.amount - charged::bigint, held.created_at, 0);
  ELSIF charged > held.amount THEN
    PERFORM tollgate.take_limits(held.organization_id, held.user_id, held.feature_used, held.token_type,
      charged::bigint - held.amount, 0);
  END IF;

  applied.outcome := 'success';
  applied.token := token;
  applied.details := jsonb_build_object('captured', charged, 'released', greatest(0, held.amount - charged));
  RETURN applied;
END
$$;
COMMENT ON FUNCTION tollgate.apply_capture(jsonb, uuid, public.ai_tokens, tollgate.reservations) IS
  'Charges what a reservation holds, or less and lets the rest go, or more if the balance or its overdraft has it. The caller has locked the balance, and writes the reservation and the use.';
REVOKE ALL ON FUNCTION tollgate.apply_capture(jsonb, uuid, public.ai_tokens, tollgate.reservations) FROM PUBLIC;
