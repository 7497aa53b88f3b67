CREATE OR REPLACE FUNCTION tollgate.apply_extend(
  request jsonb,
  token public.ai_tokens,
  held tollgate.reservations
) RETURNS tollgate.applied
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  applied tollgate.applied;
BEGIN
  applied.token := token;
  IF ((request ->> 'ttlSeconds')::numeric BETWEEN 1 AND 86400) IS NOT TRUE THEN
    applied.outcome := 'amount_out_of_range';
    RETURN applied;
  END IF;
  IF held.status IS DISTINCT FROM 'open' THEN
    applied.outcome := 'reservation_closed';
    RETURN applied;
  END IF;
  held.expires_at := tollgate.moment() + make_interval(secs => (request ->> 'ttlSeconds')::double precision);
  applied.reservation := held;
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
COMMENT ON FUNCTION tollgate.apply_extend(jsonb, public.ai_tokens, tollgate.reservations) IS
  'Gives an open reservation another end, counted from now. No movement: nothing is held that was not. The caller has locked the balance, and writes the reservation.';
REVOKE ALL ON FUNCTION tollgate.apply_extend(jsonb, public.ai_tokens, tollgate.reservations) FROM PUBLIC;
