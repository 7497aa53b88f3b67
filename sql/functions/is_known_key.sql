CREATE OR REPLACE FUNCTION tollgate.is_known_key(organization_id uuid, idempotency_key text) RETURNS boolean
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT EXISTS (
    SELECT
    FROM tollgate.idempotency_keys AS kept
    WHERE kept.organization_id = is_known_key.organization_id
      AND kept.key = is_known_key.idempotency_key COLLATE "C"
      AND kept.week IN (
        date_trunc('week', tollgate.moment() AT TIME ZONE 'UTC')::date - 7,
        date_trunc('week', tollgate.moment() AT TIME ZONE 'UTC')::date,
        date_trunc('week', clock_timestamp() AT TIME ZONE 'UTC')::date)
  )
$$;
COMMENT ON FUNCTION tollgate.is_known_key(uuid, text) IS
  'Whether something was settled under an idempotency key. Volatile, to see what was committed a moment ago. The caller has admitted itself to the organization.';
REVOKE ALL ON FUNCTION tollgate.is_known_key(uuid, text) FROM PUBLIC;
