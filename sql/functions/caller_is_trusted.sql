CREATE OR REPLACE FUNCTION tollgate.caller_is_trusted() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT pg_has_role(tollgate.effective_role(), 'tollgate_server', 'MEMBER')
    OR pg_has_role(tollgate.effective_role(), 'service_role', 'MEMBER')
$$;
COMMENT ON FUNCTION tollgate.caller_is_trusted() IS
  'True for the server, the service role and superusers: they may act for any organization. Everybody else acts as the user of the request''s claims.';
REVOKE ALL ON FUNCTION tollgate.caller_is_trusted() FROM PUBLIC;
