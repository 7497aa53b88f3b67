CREATE OR REPLACE FUNCTION tollgate.store_in_cache(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  cache_name text,
  lease_id uuid,
  value json,
  OUT outcome text,
  OUT ends_at timestamptz,
  OUT replayed boolean
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
  cache tollgate.caches;
  entry tollgate.cache_entries;
BEGIN
  IF (octet_length(store_in_cache.value::text) <= 65536) IS NOT TRUE THEN
    RAISE EXCEPTION 'A value is JSON of at most 64 KiB.' USING ERRCODE = 'TG400';
  END IF;
  replayed := false;
  PERFORM tollgate.admit_organizations(ARRAY[store_in_cache.organization_id, '00000000-0000-0000-0000-000000000000']);
  outcome := tollgate.may_change(
    store_in_cache.organization_id, store_in_cache.user_id, store_in_cache.membership_required);
  IF outcome = 'success' THEN
    cache := tollgate.cache_of(store_in_cache.organization_id, store_in_cache.cache_name);
    SELECT known.*
    INTO entry
    FROM tollgate.cache_entries AS known
    WHERE known.organization_id = store_in_cache.organization_id
      AND known.cache_name = cache.cache_name
      AND known.lease_id = store_in_cache.lease_id
    FOR NO KEY UPDATE;
    CASE
      WHEN cache.cache_id IS NULL THEN
        outcome := 'unknown_cache';
      WHEN entry.lease_id IS NULL THEN
        outcome := tollgate.lease_outcome(
          store_in_cache.organization_id, store_in_cache.cache_name, store_in_cache.lease_id);
      WHEN entry.value::text = store_in_cache.value::text THEN
        replayed := true;
        ends_at := entry.ends_at;
      WHEN entry.value IS NOT NULL OR entry.ends_at <= moment THEN
        outcome := 'lease_over';
      ELSE
        -- One at a time, so that each counts what the others have stored.
        PERFORM pg_advisory_xact_lock(
          hash_record_extended(ROW('cache'::text, store_in_cache.organization_id, store_in_cache.cache_name), 0));
        UPDATE tollgate.cache_entries AS known
        SET value = store_in_cache.value,
          stored_at = moment,
          ends_at = moment + make_interval(secs => cache.ttl_seconds),
          last_used_at = moment
        WHERE known.organization_id = entry.organization_id
          AND known.cache_name = entry.cache_name
          AND known.key_hash = entry.key_hash
        RETURNING known.ends_at INTO ends_at;
        PERFORM tollgate.evict_entries(cache, store_in_cache.organization_id, entry.key_hash);
        PERFORM pg_notify('tollgate_leases', store_in_cache.lease_id::text);
    END CASE;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.store_in_cache(uuid, uuid, boolean, text, uuid, json) IS
  'Stores the result of the call that a lease was granted for, and tells those who wait. outcome: success (again with the same value: replayed), lease_over for one that has ended, been replaced or brought another value, unknown_lease, unknown_cache, forbidden or unknown_organization. Raises TG400 for a value of more than 64 KiB.';
REVOKE ALL ON FUNCTION tollgate.store_in_cache(uuid, uuid, boolean, text, uuid, json) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.store_in_cache(uuid, uuid, boolean, text, uuid, json) TO service_role, tollgate_server;
