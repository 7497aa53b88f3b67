CREATE OR REPLACE FUNCTION tollgate.top_up(
  organization_id uuid,
  token_type text,
  amount bigint,
  payment_id text,
  expires_at timestamptz DEFAULT NULL
) RETURNS tollgate.settlement
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT tollgate.caller_is_trusted() THEN
    RAISE EXCEPTION 'Members do not give themselves tokens.' USING ERRCODE = 'TG403';
  END IF;
  RETURN tollgate.settle_one(top_up.organization_id, NULL, NULL, NULL, NULL, '{}',
    jsonb_strip_nulls(jsonb_build_object('operation', 'top_up', 'tokenType', top_up.token_type,
      'amount', top_up.amount, 'paymentId', top_up.payment_id,
      'expiresAtMicroseconds', (extract(epoch FROM top_up.expires_at) * 1000000)::bigint)));
END
$$;
COMMENT ON FUNCTION tollgate.top_up(uuid, text, bigint, text, timestamptz) IS
  'Adds bought tokens, once per payment; they expire after 12 months unless another time is given. For trusted callers. Raised are TG409 payment used for another top-up, TG421 unknown token type, TG422 amount out of range.';
REVOKE ALL ON FUNCTION tollgate.top_up(uuid, text, bigint, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.top_up(uuid, text, bigint, text, timestamptz) TO service_role, tollgate_server;
