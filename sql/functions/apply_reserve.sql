CREATE OR REPLACE FUNCTION tollgate.apply_reserve(
  request jsonb,
  id uuid,
  token public.ai_tokens,
  cost bigint,
  feature text,
  units jsonb,
  price_version integer,
  user_id uuid,
  event_id text,
  metadata jsonb
) RETURNS tollgate.applied
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  applied tollgate.applied;
  held tollgate.reservations;
  ttl_seconds CONSTANT double precision := coalesce((request ->> 'ttlSeconds')::double precision, 300);
  moment CONSTANT timestamptz := tollgate.moment();
  expires_at CONSTANT timestamptz := moment + make_interval(secs => ttl_seconds);
BEGIN
  held.organization_id := token.organization_id;
  held.reservation_id := id;
  held.token_type := token.token_type;
  held.feature_used := feature;
  held.units := units;
  held.user_id := user_id;
  held.event_id := event_id;
  held.price_version := price_version;
  held.amount := cost;
  held.captured := 0;
  held.status := 'open';
  held.metadata := coalesce(metadata, '{}');
  held.expires_at := expires_at;
  held.created_at := moment;
  applied.reservation := held;
  applied.entry := tollgate.movement(token, 'reservation', 0, NULL, id, cost, NULL, id);
  token.reserved := token.reserved + cost;
  token.ledger_sequence := token.ledger_sequence + 1;
  token.due_at := least(token.due_at, expires_at);

  applied.outcome := 'success';
  applied.token := token;
  applied.amount := cost;
  applied.details := jsonb_build_object('amount', cost, 'expiresAtMicroseconds',
    (extract(epoch FROM expires_at) * 1000000)::bigint);
  RETURN applied;
END
$$;
COMMENT ON FUNCTION tollgate.apply_reserve(jsonb, uuid, public.ai_tokens, bigint, text, jsonb, integer, uuid, text, jsonb) IS
  'Holds tokens that can be spent, until they are captured, released or expire. The caller has locked the balance, and found that it suffices and that the time is 1 second to 24 hours; it writes the reservation.';
REVOKE ALL ON FUNCTION tollgate.apply_reserve(jsonb, uuid, public.ai_tokens, bigint, text, jsonb, integer, uuid, text, jsonb) FROM PUBLIC;
