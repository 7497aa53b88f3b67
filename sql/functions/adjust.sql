CREATE OR REPLACE FUNCTION tollgate.adjust(
  organization_id uuid,
  token_type text,
  amount bigint,
  reason text DEFAULT NULL,
  idempotency_key text DEFAULT NULL
) RETURNS tollgate.settlement
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT tollgate.caller_is_trusted() THEN
    RAISE EXCEPTION 'Members do not give themselves tokens.' USING ERRCODE = 'TG403';
  END IF;
  RETURN tollgate.settle_one(adjust.organization_id, NULL, NULL, NULL, idempotency_key, '{}',
    jsonb_strip_nulls(jsonb_build_object('operation', 'adjust', 'tokenType', adjust.token_type,
      'amount', adjust.amount, 'reason', adjust.reason)));
END
$$;
COMMENT ON FUNCTION tollgate.adjust(uuid, text, bigint, text, text) IS
  'Adds tokens to a balance, or takes some with a negative amount. For trusted callers. Raised is TG422 for 0 tokens, and where too little would be left: the message says how many are available.';
REVOKE ALL ON FUNCTION tollgate.adjust(uuid, text, bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.adjust(uuid, text, bigint, text, text) TO service_role, tollgate_server;
