CREATE OR REPLACE FUNCTION tollgate.read_actions() RETURNS SETOF tollgate.features
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT offered.*
  FROM tollgate.features AS offered
  ORDER BY offered.feature
$$;
COMMENT ON FUNCTION tollgate.read_actions() IS
  'All features and actions with their present prices, by name: for the server, which reads no table.';
REVOKE ALL ON FUNCTION tollgate.read_actions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_actions() TO tollgate_server, service_role;
