CREATE OR REPLACE FUNCTION tollgate.moment() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
  SELECT CASE
    WHEN pg_catalog.current_setting('tollgate.clock', true) <> '' THEN tollgate.injected_moment()
    ELSE now()
  END
$$;
COMMENT ON FUNCTION tollgate.moment() IS
  'The time by which everything is decided: the transaction''s start by the database''s clock, unless an administrator has injected another.';
REVOKE ALL ON FUNCTION tollgate.moment() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.moment() TO authenticated, service_role, tollgate_sweeper, tollgate_reporter;
