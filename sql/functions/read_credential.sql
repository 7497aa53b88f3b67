CREATE OR REPLACE FUNCTION tollgate.read_credential(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  provider text
) RETURNS TABLE (
  outcome text,
  state text,
  metadata jsonb,
  connected_at timestamptz,
  connected_by uuid,
  refreshed_at timestamptz,
  access_token_expires_at timestamptz
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  tenant CONSTANT uuid := read_credential.organization_id;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  outcome := tollgate.may_read(tenant, read_credential.user_id, read_credential.membership_required);
  IF outcome = 'success' THEN
    SELECT known.state, known.metadata, known.connected_at, known.connected_by, known.refreshed_at,
      known.access_token_expires_at
    INTO state, metadata, connected_at, connected_by, refreshed_at, access_token_expires_at
    FROM tollgate.credentials AS known
    WHERE known.organization_id = tenant AND known.provider = read_credential.provider;
    IF NOT FOUND THEN
      outcome := 'unknown_credential';
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN NEXT;
END
$$;
COMMENT ON FUNCTION tollgate.read_credential(uuid, uuid, boolean, text) IS
  'How an organization''s credential is, without anything secret. One row: outcome is success, forbidden, unknown_organization or unknown_credential.';
REVOKE ALL ON FUNCTION tollgate.read_credential(uuid, uuid, boolean, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_credential(uuid, uuid, boolean, text) TO service_role, tollgate_server;
