CREATE OR REPLACE FUNCTION tollgate.owner_of_key(organization_id uuid) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT coalesce(organization_id, '00000000-0000-0000-0000-000000000000'::uuid)
$$;
COMMENT ON FUNCTION tollgate.owner_of_key(uuid) IS
  'What stands in tollgate.api_keys for an organization: its id, and the nil UUID for NULL, which is the service.';
REVOKE ALL ON FUNCTION tollgate.owner_of_key(uuid) FROM PUBLIC;
