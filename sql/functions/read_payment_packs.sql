CREATE OR REPLACE FUNCTION tollgate.read_payment_packs() RETURNS TABLE (
  pack text,
  token_type text,
  tokens bigint,
  price_minor bigint,
  currency text
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT sold.pack, sold.token_type, sold.tokens, sold.price_minor, sold.currency
  FROM tollgate.payment_packs AS sold
  ORDER BY sold.pack
$$;
COMMENT ON FUNCTION tollgate.read_payment_packs() IS
  'What a paid checkout may buy, by name; a price in its currency''s smallest unit, NULL: none is looked at.';
REVOKE ALL ON FUNCTION tollgate.read_payment_packs() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_payment_packs() TO service_role, tollgate_server;
