CREATE OR REPLACE FUNCTION tollgate.cache_of(organization_id uuid, cache_name text) RETURNS tollgate.caches
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT known
  FROM tollgate.caches AS known
  WHERE known.organization_id IN (cache_of.organization_id, '00000000-0000-0000-0000-000000000000')
    AND known.cache_name = cache_of.cache_name
  -- The nil UUID is the least.
  ORDER BY known.organization_id DESC
  LIMIT 1
$$;
COMMENT ON FUNCTION tollgate.cache_of(uuid, text) IS
  'The cache that an organization means by a name: its own, or the one for all; NULL for none. The caller has admitted itself to the organization and to the nil UUID.';
REVOKE ALL ON FUNCTION tollgate.cache_of(uuid, text) FROM PUBLIC;
