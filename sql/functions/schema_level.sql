CREATE OR REPLACE FUNCTION tollgate.schema_level() RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(max(version), 0) FROM tollgate.schema_migrations
$$;
COMMENT ON FUNCTION tollgate.schema_level() IS
  'The number of the last migration that this database has; a server is ready when it is the one it knows, or later.';
REVOKE ALL ON FUNCTION tollgate.schema_level() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.schema_level() TO tollgate_server, service_role;
