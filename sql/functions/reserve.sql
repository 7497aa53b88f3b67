CREATE OR REPLACE FUNCTION tollgate.reserve(
  organization_id uuid,
  user_id uuid,
  feature text,
  units bigint DEFAULT 1,
  ttl_seconds integer DEFAULT 300,
  idempotency_key text DEFAULT NULL,
  metadata jsonb DEFAULT '{}'
) RETURNS tollgate.settlement
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN tollgate.settle_one(reserve.organization_id, reserve.user_id, reserve.feature, reserve.units, idempotency_key, reserve.metadata,
    jsonb_build_object('operation', 'reserve', 'ttlSeconds', reserve.ttl_seconds));
END
$$;
COMMENT ON FUNCTION tollgate.reserve(uuid, uuid, text, bigint, integer, text, jsonb) IS
  'Holds what units of a feature cost, for 1 to 86400 seconds. outcome is success or a refusal; transaction_id is the reservation.';
REVOKE ALL ON FUNCTION tollgate.reserve(uuid, uuid, text, bigint, integer, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.reserve(uuid, uuid, text, bigint, integer, text, jsonb) TO authenticated, service_role, tollgate_server;
