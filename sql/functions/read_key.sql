CREATE OR REPLACE FUNCTION tollgate.read_key(id uuid) RETURNS TABLE (
  key_id uuid,
  organization_id uuid,
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
BEGIN
  PERFORM tollgate.admit_keys(ARRAY[read_key.id]);
  RETURN QUERY
  SELECT known.key_id, nullif(known.organization_id, tollgate.owner_of_key(NULL)), known.name, known.scopes,
    known.status, known.created_at, known.created_by, known.expires_at, known.replaced_by, known.grace_ends_at,
    known.revoked_at, known.last_used_at
  FROM tollgate.keys AS known
  WHERE known.key_id = read_key.id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such key.' USING ERRCODE = 'TG404';
  END IF;
  PERFORM tollgate.admit_keys('{}');
END
$$;
COMMENT ON FUNCTION tollgate.read_key(uuid) IS
  'An API key, without its digest; the organization is NULL for one of the service. Raises TG404 for an unknown key.';
REVOKE ALL ON FUNCTION tollgate.read_key(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_key(uuid) TO service_role, tollgate_server;
