CREATE OR REPLACE FUNCTION tollgate.delete_cache(organization_id uuid, cache_name text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := coalesce(delete_cache.organization_id, '00000000-0000-0000-0000-000000000000');
  existed boolean;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  IF delete_cache.organization_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = owner)
  THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  DELETE FROM tollgate.caches AS configured
  WHERE configured.organization_id = owner AND configured.cache_name = delete_cache.cache_name;
  existed := FOUND;
  IF existed THEN
    DELETE FROM tollgate.cache_entries AS known
    WHERE known.organization_id = owner AND known.cache_name = delete_cache.cache_name;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN existed;
END
$$;
COMMENT ON FUNCTION tollgate.delete_cache(uuid, text) IS
  'Deletes a decision cache of an organization with its values, or with NULL the one for all, whose values nobody finds any more. What was counted stays, so that a cache made again has no new quota for the day. Returns whether it existed. Raises TG404 for an unknown organization.';
REVOKE ALL ON FUNCTION tollgate.delete_cache(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.delete_cache(uuid, text) TO service_role, tollgate_server;
