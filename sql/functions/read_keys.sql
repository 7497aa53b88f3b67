CREATE OR REPLACE FUNCTION tollgate.read_keys(
  organization_id uuid,
  before_id uuid DEFAULT NULL,
  row_limit integer DEFAULT 50
) RETURNS TABLE (
  key_id uuid,
  organization_id_of_key uuid,
  name text,
  scopes text[],
  status text,
  created_at timestamptz,
  created_by uuid,
  expires_at timestamptz,
  replaced_by uuid,
  grace_ends_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := tollgate.owner_of_key(read_keys.organization_id);
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  IF read_keys.organization_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = owner)
  THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  RETURN QUERY
  SELECT known.key_id, read_keys.organization_id, known.name, known.scopes, known.status, known.created_at,
    known.created_by, known.expires_at, known.replaced_by, known.grace_ends_at, known.revoked_at, known.last_used_at
  FROM tollgate.keys AS known
  WHERE known.organization_id = owner
    AND (before_id IS NULL OR known.key_id < before_id)
  ORDER BY known.key_id DESC
  LIMIT row_limit;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.read_keys(uuid, uuid, integer) IS
  'A page of an organization''s API keys, or with NULL of the service''s, newest first and without digests: those with ids before before_id. Raises TG404 for an unknown organization.';
REVOKE ALL ON FUNCTION tollgate.read_keys(uuid, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_keys(uuid, uuid, integer) TO service_role, tollgate_server;
