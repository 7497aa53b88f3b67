CREATE OR REPLACE FUNCTION tollgate.capture(
  organization_id uuid,
  reservation_id uuid,
  amount bigint DEFAULT NULL,
  idempotency_key text DEFAULT NULL
) RETURNS tollgate.settlement
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN tollgate.settle_one(capture.organization_id, NULL, NULL, NULL, idempotency_key, '{}',
    jsonb_strip_nulls(jsonb_build_object('operation', 'capture', 'reservationId', capture.reservation_id,
      'amount', capture.amount)));
END
$$;
COMMENT ON FUNCTION tollgate.capture(uuid, uuid, bigint, text) IS
  'Charges what a reservation holds, or an amount: less lets the rest go, more has to be there. outcome is success or insufficient_tokens; raised are TG404 unknown reservation, TG409 finished or expired.';
REVOKE ALL ON FUNCTION tollgate.capture(uuid, uuid, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.capture(uuid, uuid, bigint, text) TO authenticated, service_role, tollgate_server;
