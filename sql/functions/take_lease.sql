CREATE OR REPLACE FUNCTION tollgate.take_lease(
  organization_id uuid,
  cache tollgate.caches,
  key_hash bytea,
  lease_id uuid
) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
BEGIN
  -- Others who take a lease of the same key wait here for the end of this transaction.
  INSERT INTO tollgate.cache_entries AS known (organization_id, cache_name, key_hash, lease_id, ends_at, last_used_at)
  VALUES (take_lease.organization_id, (take_lease.cache).cache_name, take_lease.key_hash, take_lease.lease_id,
    moment + make_interval(secs => (take_lease.cache).lease_seconds), moment)
  ON CONFLICT ON CONSTRAINT "a key has one entry" DO UPDATE
  SET lease_id = excluded.lease_id,
    value = NULL,
    stored_at = NULL,
    ends_at = excluded.ends_at,
    last_used_at = excluded.last_used_at
  WHERE known.ends_at <= moment;
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION tollgate.take_lease(uuid, tollgate.caches, bytea, uuid) IS
  'Takes the lease of a key under which nothing is known, or nothing any more. False: somebody else''s value or lease has come meanwhile.';
REVOKE ALL ON FUNCTION tollgate.take_lease(uuid, tollgate.caches, bytea, uuid) FROM PUBLIC;
