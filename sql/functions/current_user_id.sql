CREATE OR REPLACE FUNCTION tollgate.current_user_id() RETURNS uuid
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN auth.uid();
EXCEPTION
  WHEN data_exception THEN RETURN NULL;
END
$$;
COMMENT ON FUNCTION tollgate.current_user_id() IS
  'The user in the request''s claims; NULL where the claims are absent, empty, no JSON or name no UUID.';
REVOKE ALL ON FUNCTION tollgate.current_user_id() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.current_user_id() TO authenticated, service_role;
