CREATE OR REPLACE FUNCTION tollgate.apply_release(
  id uuid,
  token public.ai_tokens,
  held tollgate.reservations
) RETURNS tollgate.applied
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  applied tollgate.applied;
BEGIN
  applied.token := token;
  IF held.status IS DISTINCT FROM 'open' THEN
    applied.outcome := 'reservation_closed';
    RETURN applied;
  END IF;
  held.status := 'released';
  held.finished_at := tollgate.moment();
  applied.reservation := held;
  PERFORM tollgate.give_back_limits(held.organization_id, held.user_id, held.feature_used, held.token_type,
    held.amount, held.created_at);
  applied.entry := tollgate.movement(token, 'release', 0, NULL, held.reservation_id, held.amount, NULL, id);
  token.reserved := greatest(0, token.reserved - held.amount);
  token.ledger_sequence := token.ledger_sequence + 1;

  applied.outcome := 'success';
  applied.id := held.reservation_id;
  applied.feature := held.feature_used;
  applied.token := token;
  applied.amount := held.amount;
  applied.details := jsonb_build_object('released', held.amount);
  RETURN applied;
END
$$;
COMMENT ON FUNCTION tollgate.apply_release(uuid, public.ai_tokens, tollgate.reservations) IS
  'Lets go what a reservation holds. The caller has locked the balance, and writes the reservation.';
REVOKE ALL ON FUNCTION tollgate.apply_release(uuid, public.ai_tokens, tollgate.reservations) FROM PUBLIC;
