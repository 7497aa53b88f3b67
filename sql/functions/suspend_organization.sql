CREATE OR REPLACE FUNCTION tollgate.suspend_organization(organization_id uuid, reason text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF length(reason) > 500 THEN
    RAISE EXCEPTION 'A reason has at most 500 characters.' USING ERRCODE = 'TG400';
  END IF;
  RETURN tollgate.set_organization_status(organization_id, 'suspended', 'organization_suspended',
    jsonb_build_object('reason', reason));
END
$$;
COMMENT ON FUNCTION tollgate.suspend_organization(uuid, text) IS
  'Ends an organization''s spending, for an unpaid bill for instance, from the next request on. Balances stay as they are. Returns whether it was active before. Raises TG404 for an unknown organization, TG400 for a reason of more than 500 characters.';
REVOKE ALL ON FUNCTION tollgate.suspend_organization(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.suspend_organization(uuid, text) TO service_role, tollgate_server;
