CREATE OR REPLACE FUNCTION tollgate.begin_authorization(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  provider text,
  state_digest bytea,
  verifier bytea
) RETURNS TABLE (
  outcome text,
  authorization_url text,
  client_id text,
  scopes text[],
  redirect_uri text,
  authorization_parameters jsonb
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  tenant CONSTANT uuid := begin_authorization.organization_id;
  moment CONSTANT timestamptz := tollgate.moment();
  -- Enough for everybody who has the page open, and no more rows than that of one organization.
  under_way_limit CONSTANT integer := 100;
  known tollgate.providers;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  outcome := tollgate.may_change(tenant, begin_authorization.user_id, begin_authorization.membership_required);
  IF outcome = 'success' THEN
    SELECT * INTO known FROM tollgate.providers AS provided WHERE provided.provider = begin_authorization.provider;
    IF NOT FOUND THEN
      outcome := 'unknown_provider';
    END IF;
  END IF;
  IF outcome = 'success' THEN
    DELETE FROM tollgate.credential_authorizations AS old
    WHERE old.organization_id = tenant
      AND (old.ends_at <= moment OR old.state_digest IN (
        SELECT under_way.state_digest
        FROM tollgate.credential_authorizations AS under_way
        WHERE under_way.organization_id = tenant
        ORDER BY under_way.ends_at DESC
        OFFSET under_way_limit - 1
      ));
    INSERT INTO tollgate.credential_authorizations
      (organization_id, state_digest, provider, begun_by, verifier, begun_at, ends_at)
    VALUES (tenant, begin_authorization.state_digest, known.provider,
      CASE WHEN begin_authorization.membership_required IS NOT FALSE THEN begin_authorization.user_id END,
      begin_authorization.verifier, moment, moment + interval '10 minutes');
    authorization_url := known.authorization_url;
    client_id := known.client_id;
    scopes := known.scopes;
    redirect_uri := known.redirect_uri;
    authorization_parameters := known.authorization_parameters;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN NEXT;
END
$$;
COMMENT ON FUNCTION tollgate.begin_authorization(uuid, uuid, boolean, text, bytea, bytea) IS
  'Notes that somebody is sent to a provider for consent, with the digest of the state and the sealed code verifier. One row: outcome is success, forbidden, unknown_organization or unknown_provider, and of a success what the authorization URL is made of. An organization has at most 100 under way; the oldest make room.';
REVOKE ALL ON FUNCTION tollgate.begin_authorization(uuid, uuid, boolean, text, bytea, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.begin_authorization(uuid, uuid, boolean, text, bytea, bytea) TO tollgate_server;
