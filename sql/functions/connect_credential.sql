CREATE OR REPLACE FUNCTION tollgate.connect_credential(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  provider text,
  refresh_token bytea,
  access_token bytea DEFAULT NULL,
  expires_in_milliseconds bigint DEFAULT NULL,
  fresh_milliseconds bigint DEFAULT NULL,
  metadata jsonb DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  tenant CONSTANT uuid := connect_credential.organization_id;
  moment CONSTANT timestamptz := tollgate.moment();
  outcome text;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  outcome := tollgate.may_change(tenant, connect_credential.user_id, connect_credential.membership_required);
  IF outcome = 'success' THEN
    PERFORM
    FROM tollgate.providers AS provided
    WHERE provided.provider = connect_credential.provider
    FOR KEY SHARE;
    IF NOT FOUND THEN
      outcome := 'unknown_provider';
    END IF;
  END IF;
  IF outcome = 'success' THEN
    INSERT INTO tollgate.credentials AS known (organization_id, provider, refresh_token, access_token,
      access_token_expires_at, access_token_fresh_until, metadata, connected_at, connected_by)
    VALUES (tenant, connect_credential.provider, connect_credential.refresh_token, connect_credential.access_token,
      moment + connect_credential.expires_in_milliseconds * interval '1 millisecond',
      moment + connect_credential.fresh_milliseconds * interval '1 millisecond',
      coalesce(connect_credential.metadata, '{}'), moment, connect_credential.user_id)
    ON CONFLICT ON CONSTRAINT "an organization has one credential of a provider" DO UPDATE
    SET state = 'connected',
      refresh_token = excluded.refresh_token,
      access_token = excluded.access_token,
      access_token_expires_at = excluded.access_token_expires_at,
      access_token_fresh_until = excluded.access_token_fresh_until,
      metadata = coalesce(connect_credential.metadata, known.metadata),
      -- Whoever is refreshing the old one finds another version, and keeps nothing of what it gets.
      version = known.version + 1,
      connected_at = excluded.connected_at,
      connected_by = excluded.connected_by,
      refreshed_at = NULL,
      lease_id = NULL,
      lease_ends_at = NULL,
      -- What a provider asked for is about all its credentials: connecting anew is no way around it.
      retry_at = CASE WHEN known.retry_at > moment THEN known.retry_at END;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN outcome;
END
$$;
COMMENT ON FUNCTION tollgate.connect_credential(uuid, uuid, boolean, text, bytea, bytea, bigint, bigint, jsonb) IS
  'Keeps an organization''s tokens of a provider, sealed, instead of those it had. Metadata that is NULL stays as it was. Returns success, forbidden, unknown_organization or unknown_provider.';
REVOKE ALL ON FUNCTION tollgate.connect_credential(uuid, uuid, boolean, text, bytea, bytea, bigint, bigint, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.connect_credential(uuid, uuid, boolean, text, bytea, bytea, bigint, bigint, jsonb) TO tollgate_server;
