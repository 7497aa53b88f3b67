CREATE OR REPLACE FUNCTION tollgate.extend(
  organization_id uuid,
  reservation_id uuid,
  ttl_seconds integer,
  idempotency_key text DEFAULT NULL
) RETURNS tollgate.settlement
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN tollgate.settle_one(extend.organization_id, NULL, NULL, NULL, idempotency_key, '{}',
    jsonb_build_object('operation', 'extend', 'reservationId', extend.reservation_id,
      'ttlSeconds', extend.ttl_seconds));
END
$$;
COMMENT ON FUNCTION tollgate.extend(uuid, uuid, integer, text) IS
  'Lets a reservation end 1 to 86400 seconds from now. Raised are TG404 unknown reservation, TG409 finished or expired.';
REVOKE ALL ON FUNCTION tollgate.extend(uuid, uuid, integer, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.extend(uuid, uuid, integer, text) TO authenticated, service_role, tollgate_server;
