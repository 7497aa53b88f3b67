CREATE OR REPLACE FUNCTION tollgate.effective_role() RETURNS name
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN coalesce(nullif(current_setting('role'), 'none')::name, session_user);
END
$$;
COMMENT ON FUNCTION tollgate.effective_role() IS
  'The role that the caller acts as, also inside SECURITY DEFINER functions: what SET ROLE chose, or the login.';
REVOKE ALL ON FUNCTION tollgate.effective_role() FROM PUBLIC;
