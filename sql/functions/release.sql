CREATE OR REPLACE FUNCTION tollgate.release(
  organization_id uuid,
  reservation_id uuid,
  idempotency_key text DEFAULT NULL
) RETURNS tollgate.settlement
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN tollgate.settle_one(release.organization_id, NULL, NULL, NULL, idempotency_key, '{}',
    jsonb_build_object('operation', 'release', 'reservationId', release.reservation_id));
END
$$;
COMMENT ON FUNCTION tollgate.release(uuid, uuid, text) IS
  'Lets go what a reservation holds. Raised are TG404 unknown reservation, TG409 finished or expired.';
REVOKE ALL ON FUNCTION tollgate.release(uuid, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.release(uuid, uuid, text) TO authenticated, service_role, tollgate_server;
