CREATE OR REPLACE FUNCTION tollgate.use_credential(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  provider text,
  lease_id uuid,
  lease_seconds integer
) RETURNS TABLE (
  outcome text,
  access_token bytea,
  access_token_expires_at timestamptz,
  wait_milliseconds bigint,
  version bigint,
  refresh_token bytea,
  token_url text,
  client_id text,
  client_secret bytea,
  client_authentication text
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  tenant CONSTANT uuid := use_credential.organization_id;
  moment CONSTANT timestamptz := tollgate.moment();
  known tollgate.credentials;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  outcome := tollgate.may_change(tenant, use_credential.user_id, use_credential.membership_required);
  IF outcome = 'success' THEN
    SELECT *
    INTO known
    FROM tollgate.credentials AS held
    WHERE held.organization_id = tenant AND held.provider = use_credential.provider;
    outcome := CASE
      WHEN NOT FOUND THEN 'unknown_credential'
      WHEN known.state = 'reconsent_required' THEN 'reconsent_required'
      WHEN known.access_token_fresh_until > moment THEN 'success'
      WHEN known.lease_ends_at > moment THEN 'refreshing'
      WHEN known.retry_at > moment THEN 'retry_later'
      ELSE 'stale'
    END;
  END IF;
  IF outcome = 'stale' AND use_credential.lease_id IS NOT NULL THEN
    -- One of all who are here at the same moment: the others wait for the row, and find that it is no longer as it was.
    UPDATE tollgate.credentials AS held
    SET lease_id = use_credential.lease_id,
      lease_ends_at = moment + least(greatest(use_credential.lease_seconds, 1), 600) * interval '1 second'
    FROM tollgate.providers AS provided
    WHERE held.organization_id = tenant
      AND held.provider = use_credential.provider
      AND held.version = known.version
      AND held.state = 'connected'
      AND (held.lease_ends_at > moment) IS NOT TRUE
      AND (held.retry_at > moment) IS NOT TRUE
      AND provided.provider = held.provider
    RETURNING held.version, held.refresh_token, provided.token_url, provided.client_id, provided.client_secret,
      provided.client_authentication
    INTO version, refresh_token, token_url, client_id, client_secret, client_authentication;
    IF FOUND THEN
      outcome := 'leased';
    ELSE
      -- What whoever was quicker has made of it: new tokens, a lease, or that the provider is to be left alone.
      SELECT *
      INTO known
      FROM tollgate.credentials AS held
      WHERE held.organization_id = tenant AND held.provider = use_credential.provider;
      outcome := CASE
        WHEN NOT FOUND THEN 'unknown_credential'
        WHEN known.state = 'reconsent_required' THEN 'reconsent_required'
        WHEN known.access_token_fresh_until > moment THEN 'success'
        WHEN (known.lease_ends_at > moment) IS NOT TRUE AND known.retry_at > moment THEN 'retry_later'
        ELSE 'refreshing'
      END;
    END IF;
  END IF;
  IF outcome = 'success' THEN
    access_token := known.access_token;
    access_token_expires_at := known.access_token_expires_at;
  END IF;
  wait_milliseconds := CASE outcome
    WHEN 'refreshing' THEN
      ceil(extract(epoch FROM greatest(known.lease_ends_at - moment, interval '0')) * 1000)::bigint
    WHEN 'retry_later' THEN ceil(extract(epoch FROM known.retry_at - moment) * 1000)::bigint
  END;
  PERFORM tollgate.admit_organizations('{}');
  RETURN NEXT;
END
$$;
COMMENT ON FUNCTION tollgate.use_credential(uuid, uuid, boolean, text, uuid, integer) IS
  'The sealed access token of an organization, or who makes a new one. One row, whose outcome is success (a fresh access token), leased (the caller refreshes, alone, for lease_seconds), refreshing (somebody else does, for at most wait_milliseconds), retry_later (the provider is not to be asked for wait_milliseconds), stale (no lease was asked for), reconsent_required, forbidden, unknown_organization or unknown_credential.';
REVOKE ALL ON FUNCTION tollgate.use_credential(uuid, uuid, boolean, text, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.use_credential(uuid, uuid, boolean, text, uuid, integer) TO tollgate_server;
