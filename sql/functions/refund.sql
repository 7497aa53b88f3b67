CREATE OR REPLACE FUNCTION tollgate.refund(
  organization_id uuid,
  transaction_id uuid,
  amount bigint DEFAULT NULL,
  reason text DEFAULT NULL,
  idempotency_key text DEFAULT NULL
) RETURNS tollgate.settlement
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN tollgate.settle_one(refund.organization_id, NULL, NULL, NULL, idempotency_key, '{}',
    jsonb_strip_nulls(jsonb_build_object('operation', 'refund', 'transactionId', refund.transaction_id,
      'amount', refund.amount, 'reason', refund.reason)));
END
$$;
COMMENT ON FUNCTION tollgate.refund(uuid, uuid, bigint, text, text) IS
  'Gives back what is left of a charge, or an amount of it. outcome is success; raised are TG404 unknown charge, TG409 nothing left, TG422 more than is left.';
REVOKE ALL ON FUNCTION tollgate.refund(uuid, uuid, bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.refund(uuid, uuid, bigint, text, text) TO authenticated, service_role, tollgate_server;
