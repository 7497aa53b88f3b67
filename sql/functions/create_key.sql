CREATE OR REPLACE FUNCTION tollgate.create_key(
  organization_id uuid,
  key_id uuid,
  digest bytea,
  name text,
  scopes text[],
  expires_at timestamptz DEFAULT NULL,
  created_by uuid DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  owner CONSTANT uuid := tollgate.owner_of_key(create_key.organization_id);
  moment CONSTANT timestamptz := tollgate.moment();
BEGIN
  IF (create_key.key_id IS NOT NULL AND octet_length(create_key.digest) = 32
      AND length(create_key.name) BETWEEN 1 AND 200
      AND cardinality(create_key.scopes) BETWEEN 1 AND 3 AND create_key.scopes <@ ARRAY['read', 'spend', 'admin']
      AND (create_key.expires_at > moment AND isfinite(create_key.expires_at)) IS NOT FALSE) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'A key has a digest of 32 bytes, a name of 1 to 200 characters, scopes of read, spend and admin, and ends in the future or never.'
      USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  IF create_key.organization_id IS NOT NULL THEN
    PERFORM
    FROM public.organizations AS known
    WHERE known.id = owner
    FOR KEY SHARE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
    END IF;
  END IF;
  INSERT INTO tollgate.api_keys (organization_id, key_id, digest, name, scopes, created_at, created_by, expires_at)
  VALUES (owner, create_key.key_id, create_key.digest, create_key.name,
    array_remove(ARRAY[
      CASE WHEN 'read' = ANY (create_key.scopes) THEN 'read' END,
      CASE WHEN 'spend' = ANY (create_key.scopes) THEN 'spend' END,
      CASE WHEN 'admin' = ANY (create_key.scopes) THEN 'admin' END
    ], NULL),
    moment, create_key.created_by, create_key.expires_at);
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.create_key(uuid, uuid, bytea, text, text[], timestamptz, uuid) IS
  'Makes an API key of an organization, or with NULL of the service. Whoever calls has made the key and keeps no more of it than its digest. Raises TG400 for an argument out of range, TG404 for an unknown organization.';
REVOKE ALL ON FUNCTION tollgate.create_key(uuid, uuid, bytea, text, text[], timestamptz, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.create_key(uuid, uuid, bytea, text, text[], timestamptz, uuid) TO service_role, tollgate_server;
