CREATE OR REPLACE FUNCTION tollgate.end_refresh(
  organization_id uuid,
  provider text,
  lease_id uuid,
  version bigint,
  reconsent boolean,
  retry_milliseconds bigint
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  tenant CONSTANT uuid := end_refresh.organization_id;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  UPDATE tollgate.credentials AS held
  SET state = CASE WHEN end_refresh.reconsent THEN 'reconsent_required' ELSE held.state END,
    lease_ends_at = NULL,
    retry_at = tollgate.moment() + end_refresh.retry_milliseconds * interval '1 millisecond'
  WHERE held.organization_id = tenant
    AND held.provider = end_refresh.provider
    AND held.lease_id = end_refresh.lease_id
    AND held.version = end_refresh.version;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.end_refresh(uuid, text, uuid, bigint, boolean, bigint) IS
  'Gives a lease back without new tokens: because the provider wants consent again, or is not to be asked for so long. Does nothing where the lease is another''s by now.';
REVOKE ALL ON FUNCTION tollgate.end_refresh(uuid, text, uuid, bigint, boolean, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.end_refresh(uuid, text, uuid, bigint, boolean, bigint) TO tollgate_server;
