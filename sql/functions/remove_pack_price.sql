CREATE OR REPLACE FUNCTION tollgate.remove_pack_price(tokens bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM tollgate.pack_prices AS known
  WHERE known.tokens = remove_pack_price.tokens;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'Packs of this size have no price.' USING ERRCODE = 'TG404';
  END IF;
END
$$;
COMMENT ON FUNCTION tollgate.remove_pack_price(bigint) IS
  'Estimates buy no packs of this size any more; what is sold stays. Raises TG404 where they had no price.';
REVOKE ALL ON FUNCTION tollgate.remove_pack_price(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.remove_pack_price(bigint) TO tollgate_server, service_role;
