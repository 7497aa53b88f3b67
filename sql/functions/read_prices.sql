CREATE OR REPLACE FUNCTION tollgate.read_prices(feature text) RETURNS SETOF tollgate.prices
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT known.*
  FROM tollgate.prices AS known
  WHERE known.feature = read_prices.feature
  ORDER BY known.price_version DESC
$$;
COMMENT ON FUNCTION tollgate.read_prices(text) IS
  'Every price that a feature has had, the newest first. A charge keeps the version it was made under.';
REVOKE ALL ON FUNCTION tollgate.read_prices(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_prices(text) TO service_role, tollgate_server;
