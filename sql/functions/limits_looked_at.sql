-- Limits are told as they are configured now; what a charge was measured against then is not kept, but for the limit
-- that a refusal was for.
CREATE OR REPLACE FUNCTION tollgate.limits_looked_at(
  organization_id uuid,
  user_id uuid,
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
    SELECT 2, applicable.limit_name, applicable.maximum
    FROM tollgate.applicable_limits(organization_id, user_id, feature, token_type) AS applicable
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
COMMENT ON FUNCTION tollgate.limits_looked_at(uuid, uuid, text, text, bigint, text) IS
  'What bounds a charge of this feature: the balance, and each limit as it is configured now; has_bound marks the one that a refusal was for. The caller has admitted itself to the organization.';
REVOKE ALL ON FUNCTION tollgate.limits_looked_at(uuid, uuid, text, text, bigint, text) FROM PUBLIC;
