CREATE OR REPLACE FUNCTION tollgate.usable_time_zone(time_zone text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM timezone(time_zone, 'epoch'::timestamptz);
  RETURN coalesce(time_zone, 'UTC');
EXCEPTION
  WHEN invalid_parameter_value THEN RETURN 'UTC';
END
$$;
COMMENT ON FUNCTION tollgate.usable_time_zone(text) IS
  'The time zone, or UTC where PostgreSQL does not know it: one that was written by hand, or that its own update took away, must stop nobody.';
REVOKE ALL ON FUNCTION tollgate.usable_time_zone(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.usable_time_zone(text) TO authenticated, service_role;
