CREATE OR REPLACE FUNCTION tollgate.apply_extend(request jsonb, token public.ai_tokens) RETURNS tollgate.applied
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  applied tollgate.applied;
  held tollgate.reservations;
BEGIN
  applied.token := token;
  IF ((request ->> 'ttlSeconds')::numeric BETWEEN 1 AND 86400) IS NOT TRUE THEN
    applied.outcome := 'amount_out_of_range';
    RETURN applied;
  END IF;
  UPDATE tollgate.reservations AS extended
  SET expires_at = tollgate.moment() + make_interval(secs => (request ->> 'ttlSeconds')::double precision)
  WHERE extended.organization_id = token.organization_id
    AND extended.reservation_id = (request ->> 'reservationId')::uuid
    AND extended.status = 'open'
  RETURNING * INTO held;
  IF held.reservation_id IS NULL THEN
    applied.outcome := 'reservation_closed';
    RETURN applied;
  END IF;
  token.due_at := least(token.due_at, held.expires_at);

  applied.outcome := 'success';
  applied.id := held.reservation_id;
  applied.feature := held.feature_used;
  applied.token := token;
  applied.amount := held.amount;
  applied.details := jsonb_build_object('amount', held.amount, 'expiresAtMicroseconds',
    (extract(epoch FROM held.expires_at) * 1000000)::bigint);
  RETURN applied;
END
$$;
COMMENT ON FUNCTION tollgate.apply_extend(jsonb, public.ai_tokens) IS
  'Gives an open reservation another end, counted from now. No movement: nothing is held that was not. The caller has locked the balance.';
REVOKE ALL ON FUNCTION tollgate.apply_extend(jsonb, public.ai_tokens) FROM PUBLIC;
