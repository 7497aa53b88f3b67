CREATE OR REPLACE FUNCTION tollgate.limits_looked_at(
  organization_id uuid,
  feature text,
  token_type text,
  balance bigint,
  bound_by text
) RETURNS TABLE (name text, maximum bigint, has_bound boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH known AS (
    SELECT 1 AS place, 'balance' AS name, balance AS maximum
    UNION ALL
    SELECT 2, configured.limit_name, coalesce(override.maximum, configured.maximum)
    FROM public.organizations AS organization
      JOIN tollgate.limits AS configured
        ON configured.is_enabled
          AND (configured.plan IS NULL OR configured.plan = organization.plan)
          AND (configured.token_type IS NULL OR configured.token_type = limits_looked_at.token_type)
          AND (configured.feature IS NULL OR configured.feature = limits_looked_at.feature)
      LEFT JOIN tollgate.limit_overrides AS override
        ON override.organization_id = organization.id AND override.limit_name = configured.limit_name
    WHERE organization.id = limits_looked_at.organization_id
      AND (override.limit_name IS NULL OR override.maximum IS NOT NULL)
  )
  SELECT looked_at.name, looked_at.maximum, looked_at.name IS NOT DISTINCT FROM bound_by
  FROM (
    SELECT known.*
    FROM known
    UNION ALL
    -- No limit of tollgate.limits, or none any more.
    SELECT 3, bound_by, NULL
    WHERE bound_by IS NOT NULL
      AND NOT EXISTS (
        SELECT
        FROM known
        WHERE known.name = bound_by
      )
  ) AS looked_at
  ORDER BY looked_at.place, looked_at.name
$$;
COMMENT ON FUNCTION tollgate.limits_looked_at(uuid, text, text, bigint, text) IS
  'What bounds a charge of this feature: the balance, and each limit as it is configured now; has_bound marks the one that a refusal was for. The caller has admitted itself to the organization.';
REVOKE ALL ON FUNCTION tollgate.limits_looked_at(uuid, text, text, bigint, text) FROM PUBLIC;
