CREATE OR REPLACE FUNCTION tollgate.remove_payment_pack(pack text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM tollgate.payment_packs AS known
  WHERE known.pack = remove_payment_pack.pack;
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION tollgate.remove_payment_pack(text) IS
  'Sells a pack no more. What was bought stays. Returns whether there was one.';
REVOKE ALL ON FUNCTION tollgate.remove_payment_pack(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.remove_payment_pack(text) TO service_role, tollgate_server;
