CREATE OR REPLACE FUNCTION tollgate.take_authorization(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  provider text,
  state_digest bytea
) RETURNS TABLE (
  outcome text,
  known_digest bytea,
  verifier bytea,
  token_url text,
  client_id text,
  client_secret bytea,
  client_authentication text,
  redirect_uri text
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  tenant CONSTANT uuid := take_authorization.organization_id;
  known tollgate.providers;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  outcome := tollgate.may_change(tenant, take_authorization.user_id, take_authorization.membership_required);
  IF outcome = 'success' THEN
    DELETE FROM tollgate.credential_authorizations AS under_way
    WHERE under_way.organization_id = tenant
      AND under_way.state_digest = take_authorization.state_digest
      AND under_way.provider = take_authorization.provider
      AND under_way.ends_at > tollgate.moment()
      -- Whom a user has begun it for comes back as that user: nobody finishes another's, as in a forged request.
      AND (take_authorization.membership_required IS FALSE
        OR under_way.begun_by IS NOT DISTINCT FROM take_authorization.user_id)
    RETURNING under_way.state_digest, under_way.verifier
    INTO known_digest, verifier;
    IF FOUND THEN
      SELECT * INTO known FROM tollgate.providers AS provided WHERE provided.provider = take_authorization.provider;
      token_url := known.token_url;
      client_id := known.client_id;
      client_secret := known.client_secret;
      client_authentication := known.client_authentication;
      redirect_uri := known.redirect_uri;
    ELSE
      outcome := 'unknown_authorization';
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN NEXT;
END
$$;
COMMENT ON FUNCTION tollgate.take_authorization(uuid, uuid, boolean, text, bytea) IS
  'Ends an authorization that is under way, and returns what its code is exchanged with. One row: outcome is success, forbidden, unknown_organization or unknown_authorization: never begun, used before, ended, of another organization, provider or user.';
REVOKE ALL ON FUNCTION tollgate.take_authorization(uuid, uuid, boolean, text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.take_authorization(uuid, uuid, boolean, text, bytea) TO tollgate_server;
