CREATE OR REPLACE FUNCTION tollgate.lease_outcome(
  organization_id uuid,
  cache_name text,
  lease_id uuid
) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
    WHEN EXISTS (
      SELECT
      FROM public.ai_token_usage_log AS charge
      WHERE charge.organization_id = lease_outcome.organization_id
        AND charge.id = lease_outcome.lease_id
        AND charge.metadata ->> 'cache' = lease_outcome.cache_name
    ) THEN 'lease_over'
    ELSE 'unknown_lease'
  END
$$;
COMMENT ON FUNCTION tollgate.lease_outcome(uuid, text, uuid) IS
  'Of a lease that no entry has: lease_over, by its charge, or unknown_lease. The caller has admitted itself to the organization.';
REVOKE ALL ON FUNCTION tollgate.lease_outcome(uuid, text, uuid) FROM PUBLIC;
