CREATE OR REPLACE FUNCTION tollgate.read_caches(
  organization_id uuid,
  only_name text DEFAULT NULL,
  before_id uuid DEFAULT NULL,
  row_limit integer DEFAULT 50
) RETURNS TABLE (
  cache_id uuid,
  name text,
  is_for_all boolean,
  key_members text[],
  ttl_seconds integer,
  daily_quota bigint,
  fallback json,
  feature text,
  lease_seconds integer,
  wait_seconds integer,
  maximum_entries integer,
  created_at timestamptz,
  updated_at timestamptz,
  day date,
  calls bigint,
  hits bigint,
  fallbacks bigint,
  waits bigint,
  hit_rate double precision,
  entries bigint
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  for_all CONSTANT uuid := uuid '00000000-0000-0000-0000-000000000000';
  owner CONSTANT uuid := coalesce(read_caches.organization_id, for_all);
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[owner, for_all]);
  IF read_caches.organization_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = owner)
  THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  RETURN QUERY
  SELECT
    configured.cache_id,
    configured.cache_name,
    configured.organization_id = for_all,
    configured.key_members,
    configured.ttl_seconds,
    configured.daily_quota,
    configured.fallback,
    configured.feature,
    configured.lease_seconds,
    configured.wait_seconds,
    configured.maximum_entries,
    configured.created_at,
    configured.updated_at,
    today.day,
    CASE WHEN owner <> for_all THEN coalesce(counted.calls, 0) END,
    CASE WHEN owner <> for_all THEN coalesce(counted.hits, 0) END,
    CASE WHEN owner <> for_all THEN coalesce(counted.fallbacks, 0) END,
    CASE WHEN owner <> for_all THEN coalesce(counted.waits, 0) END,
    counted.hit_rate::double precision,
    CASE WHEN owner <> for_all THEN (
      SELECT count(*)
      FROM tollgate.cache_entries AS known
      WHERE known.organization_id = owner
        AND known.cache_name = configured.cache_name
        AND known.value IS NOT NULL
        AND known.ends_at > tollgate.moment()
    ) END
  FROM tollgate.caches AS configured
    LEFT JOIN LATERAL tollgate.local_day(owner) AS today ON true
    LEFT JOIN tollgate.cache_use AS counted
      ON counted.organization_id = owner
        AND counted.cache_name = configured.cache_name
        AND counted.day = today.day
  WHERE configured.organization_id IN (owner, for_all)
    AND configured.cache_id = (tollgate.cache_of(owner, configured.cache_name)).cache_id
    AND (read_caches.only_name IS NULL OR configured.cache_name = read_caches.only_name)
    AND (read_caches.before_id IS NULL OR configured.cache_id < read_caches.before_id)
  ORDER BY configured.cache_id DESC
  LIMIT read_caches.row_limit;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.read_caches(uuid, text, uuid, integer) IS
  'The decision caches that an organization can ask, its own and those for all, with what they answered today; or with NULL those for all, without. Newest first: those before before_id, or the one called only_name. Raises TG404 for an unknown organization.';
REVOKE ALL ON FUNCTION tollgate.read_caches(uuid, text, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_caches(uuid, text, uuid, integer) TO service_role, tollgate_server;
