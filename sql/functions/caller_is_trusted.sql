CREATE OR REPLACE FUNCTION tollgate.caller_is_trusted() RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  caller CONSTANT name := tollgate.effective_role();
BEGIN
  RETURN pg_has_role(caller, 'tollgate_server', 'MEMBER') OR pg_has_role(caller, 'service_role', 'MEMBER');
END
$$;
COMMENT ON FUNCTION tollgate.caller_is_trusted() IS
  'True for the server, the service role and superusers: they may act for any organization. Everybody else acts as the user of the request''s claims.';
REVOKE ALL ON FUNCTION tollgate.caller_is_trusted() FROM PUBLIC;
