CREATE OR REPLACE FUNCTION tollgate.remove_credential(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  provider text
) RETURNS TABLE (
  outcome text,
  refresh_token bytea,
  revocation_url text,
  client_id text,
  client_secret bytea,
  client_authentication text
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  tenant CONSTANT uuid := remove_credential.organization_id;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  outcome := tollgate.may_change(tenant, remove_credential.user_id, remove_credential.membership_required);
  IF outcome = 'success' THEN
    DELETE FROM tollgate.credentials AS held
    USING tollgate.providers AS provided
    WHERE held.organization_id = tenant
      AND held.provider = remove_credential.provider
      AND provided.provider = held.provider
    RETURNING held.refresh_token, provided.revocation_url, provided.client_id, provided.client_secret,
      provided.client_authentication
    INTO refresh_token, revocation_url, client_id, client_secret, client_authentication;
    IF NOT FOUND THEN
      outcome := 'unknown_credential';
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN NEXT;
END
$$;
COMMENT ON FUNCTION tollgate.remove_credential(uuid, uuid, boolean, text) IS
  'Forgets an organization''s credential, and returns the sealed refresh token for the last time, to be revoked. One row: outcome is success, forbidden, unknown_organization or unknown_credential.';
REVOKE ALL ON FUNCTION tollgate.remove_credential(uuid, uuid, boolean, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.remove_credential(uuid, uuid, boolean, text) TO tollgate_server;
