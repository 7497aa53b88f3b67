CREATE OR REPLACE FUNCTION tollgate.injected_moment() RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF pg_has_role(session_user, 'tollgate_owner', 'MEMBER') THEN
    RETURN current_setting('tollgate.clock')::timestamptz;
  END IF;
  RETURN now();
END
$$;
COMMENT ON FUNCTION tollgate.injected_moment() IS
  'The setting tollgate.clock, for who logged in as an administrator (a member of tollgate_owner): rehearsals and tests let time pass with it. For everybody else it means nothing.';
REVOKE ALL ON FUNCTION tollgate.injected_moment() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.injected_moment() TO authenticated, service_role, tollgate_sweeper, tollgate_reporter;
