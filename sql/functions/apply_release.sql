CREATE OR REPLACE FUNCTION tollgate.apply_release(request jsonb, id uuid, token public.ai_tokens) RETURNS tollgate.applied
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  applied tollgate.applied;
  held tollgate.reservations;
BEGIN
  applied.token := token;
  UPDATE tollgate.reservations AS released
  SET status = 'released',
    finished_at = tollgate.moment()
  WHERE released.organization_id = token.organization_id
    AND released.reservation_id = (request ->> 'reservationId')::uuid
    AND released.status = 'open'
  RETURNING * INTO held;
  IF held.reservation_id IS NULL THEN
    applied.outcome := 'reservation_closed';
    RETURN applied;
  END IF;
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
COMMENT ON FUNCTION tollgate.apply_release(jsonb, uuid, public.ai_tokens) IS
  'Lets go what a reservation holds. The caller has locked the balance.';
REVOKE ALL ON FUNCTION tollgate.apply_release(jsonb, uuid, public.ai_tokens) FROM PUBLIC;
