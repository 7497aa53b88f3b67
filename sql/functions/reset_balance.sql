CREATE OR REPLACE FUNCTION tollgate.reset_balance(
  organization_id uuid,
  token_type text,
  idempotency_key text DEFAULT NULL
) RETURNS tollgate.settlement
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT tollgate.caller_is_trusted() THEN
    RAISE EXCEPTION 'Members do not give themselves tokens.' USING ERRCODE = 'TG403';
  END IF;
  RETURN tollgate.settle_one(reset_balance.organization_id, NULL, NULL, NULL, idempotency_key, '{}',
    jsonb_build_object('operation', 'reset', 'tokenType', reset_balance.token_type));
END
$$;
COMMENT ON FUNCTION tollgate.reset_balance(uuid, text, text) IS
  'Gives a balance its allocation anew within the period, as its reset will: the period''s end stays. For trusted callers. Raised are TG404 unknown organization, TG421 unknown token type.';
REVOKE ALL ON FUNCTION tollgate.reset_balance(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.reset_balance(uuid, text, text) TO service_role, tollgate_server;
