CREATE OR REPLACE FUNCTION tollgate.store_refreshed(
  organization_id uuid,
  provider text,
  lease_id uuid,
  version bigint,
  refresh_token bytea,
  access_token bytea,
  expires_in_milliseconds bigint,
  fresh_milliseconds bigint
) RETURNS TABLE (
  outcome text,
  access_token_expires_at timestamptz
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  tenant CONSTANT uuid := store_refreshed.organization_id;
  moment CONSTANT timestamptz := tollgate.moment();
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  -- By the version and not by the lease: where that has run out meanwhile, what the provider gave is still the newest
  -- there is, unless somebody else has stored something.
  UPDATE tollgate.credentials AS held
  SET state = 'connected',
    refresh_token = coalesce(store_refreshed.refresh_token, held.refresh_token),
    access_token = store_refreshed.access_token,
    access_token_expires_at = moment + store_refreshed.expires_in_milliseconds * interval '1 millisecond',
    access_token_fresh_until = moment + store_refreshed.fresh_milliseconds * interval '1 millisecond',
    version = held.version + 1,
    refreshed_at = moment,
    lease_id = store_refreshed.lease_id,
    lease_ends_at = NULL,
    retry_at = NULL
  WHERE held.organization_id = tenant
    AND held.provider = store_refreshed.provider
    AND held.version = store_refreshed.version
  RETURNING held.access_token_expires_at
  INTO access_token_expires_at;
  IF NOT FOUND THEN
    -- Asked for twice, because the answer to the first was lost.
    SELECT held.access_token_expires_at
    INTO access_token_expires_at
    FROM tollgate.credentials AS held
    WHERE held.organization_id = tenant
      AND held.provider = store_refreshed.provider
      AND held.version = store_refreshed.version + 1
      AND held.lease_id = store_refreshed.lease_id
      AND held.lease_ends_at IS NULL;
  END IF;
  outcome := CASE WHEN FOUND THEN 'success' ELSE 'superseded' END;
  PERFORM tollgate.admit_organizations('{}');
  RETURN NEXT;
END
$$;
COMMENT ON FUNCTION tollgate.store_refreshed(uuid, text, uuid, bigint, bytea, bytea, bigint, bigint) IS
  'Keeps what a provider gave for the refresh token of this version: a new access token and, unless it is NULL, the refresh token that takes the old one''s place, both at once. Twice is once. One row: outcome is success, or superseded where the organization has connected anew, disconnected or refreshed meanwhile.';
REVOKE ALL ON FUNCTION tollgate.store_refreshed(uuid, text, uuid, bigint, bytea, bytea, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.store_refreshed(uuid, text, uuid, bigint, bytea, bytea, bigint, bigint) TO tollgate_server;
