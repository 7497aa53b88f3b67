CREATE OR REPLACE FUNCTION tollgate.lock_keys(organization_ids uuid[]) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT pg_advisory_xact_lock(locked.lock_number)
  FROM (
    SELECT DISTINCT hash_record_extended(ROW('idempotency'::text, organization_id), 0) AS lock_number
    FROM unnest(organization_ids) AS organization_id
    ORDER BY lock_number
  ) AS locked
$$;
COMMENT ON FUNCTION tollgate.lock_keys(uuid[]) IS
  'Lets one transaction at a time settle idempotency keys of these organizations.';
REVOKE ALL ON FUNCTION tollgate.lock_keys(uuid[]) FROM PUBLIC;
