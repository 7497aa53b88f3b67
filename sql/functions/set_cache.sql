CREATE OR REPLACE FUNCTION tollgate.set_cache(
  organization_id uuid,
  cache_name text,
  key_members text[],
  ttl_seconds integer,
  daily_quota bigint DEFAULT 1000,
  fallback json DEFAULT NULL,
  feature text DEFAULT 'decision',
  lease_seconds integer DEFAULT 60,
  wait_seconds integer DEFAULT 10,
  maximum_entries integer DEFAULT 10000
) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := coalesce(set_cache.organization_id, '00000000-0000-0000-0000-000000000000');
  has_rates boolean;
  written tollgate.caches;
BEGIN
  IF (set_cache.cache_name ~ '^[a-z][a-z0-9_]{0,62}$'
      AND cardinality(set_cache.key_members) BETWEEN 1 AND 16
      AND NOT EXISTS (
        SELECT
        FROM unnest(set_cache.key_members) AS member
        WHERE member !~ '^[A-Za-z][A-Za-z0-9_]{0,62}$' OR member IS NULL
      )
      AND cardinality(set_cache.key_members) = (
        SELECT count(DISTINCT member COLLATE "C")
        FROM unnest(set_cache.key_members) AS member
      )
      AND set_cache.ttl_seconds BETWEEN 1 AND 31622400
      AND set_cache.daily_quota BETWEEN 0 AND 1000000000000000
      AND coalesce(octet_length(set_cache.fallback::text), 0) <= 65536
      AND set_cache.lease_seconds BETWEEN 1 AND 3600
      AND set_cache.wait_seconds BETWEEN 0 AND 30
      AND set_cache.maximum_entries BETWEEN 1 AND 100000) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'A setting of this cache is out of range.' USING ERRCODE = 'TG400',
      HINT = 'See the constraints of tollgate.caches.';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  IF set_cache.organization_id IS NOT NULL THEN
    PERFORM
    FROM public.organizations AS known
    WHERE known.id = owner
    FOR KEY SHARE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
    END IF;
  END IF;
  SELECT offered.rates IS NOT NULL
  INTO has_rates
  FROM tollgate.features AS offered
  WHERE offered.feature = set_cache.feature;
  IF has_rates IS NOT FALSE THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN CASE WHEN has_rates THEN 'invalid_units' ELSE 'unknown_feature' END;
  END IF;

  INSERT INTO tollgate.caches AS configured
    (organization_id, cache_name, cache_id, key_members, ttl_seconds, daily_quota, fallback, feature, lease_seconds,
     wait_seconds, maximum_entries, created_at, updated_at)
  VALUES (owner, set_cache.cache_name, tollgate.time_ordered_id(), set_cache.key_members, set_cache.ttl_seconds,
    set_cache.daily_quota, set_cache.fallback, set_cache.feature, set_cache.lease_seconds, set_cache.wait_seconds,
    set_cache.maximum_entries, tollgate.moment(), tollgate.moment())
  ON CONFLICT ON CONSTRAINT "an organization has one cache of a name" DO UPDATE
  SET key_members = excluded.key_members,
    ttl_seconds = excluded.ttl_seconds,
    daily_quota = excluded.daily_quota,
    fallback = excluded.fallback,
    feature = excluded.feature,
    lease_seconds = excluded.lease_seconds,
    wait_seconds = excluded.wait_seconds,
    maximum_entries = excluded.maximum_entries,
    updated_at = excluded.updated_at
  RETURNING configured.* INTO written;
  -- As who stores a value: one at a time. No value has an empty digest, so that none is spared.
  PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('cache'::text, owner, set_cache.cache_name), 0));
  PERFORM tollgate.evict_entries(written, owner, '');
  PERFORM tollgate.admit_organizations('{}');
  RETURN 'success';
END
$$;
COMMENT ON FUNCTION tollgate.set_cache(uuid, text, text[], integer, bigint, json, text, integer, integer, integer) IS
  'Makes a decision cache of an organization, or with NULL one for all who have none of that name, or changes its settings from the next request on. Values stay, as long as they were stored for; of an organization''s own cache those beyond a lower maximum_entries leave at once, of one for all as the next is stored. Returns success, unknown_feature, or invalid_units for a feature whose price has dimensions. Raises TG400 for an argument out of range, TG404 for an unknown organization.';
REVOKE ALL ON FUNCTION tollgate.set_cache(uuid, text, text[], integer, bigint, json, text, integer, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.set_cache(uuid, text, text[], integer, bigint, json, text, integer, integer, integer) TO service_role, tollgate_server;
