CREATE OR REPLACE FUNCTION tollgate.lock_limits(organization_ids uuid[]) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT pg_advisory_xact_lock(locked.lock_number)
  FROM (
    SELECT DISTINCT hash_record_extended(ROW('limits'::text, organization_id), 0) AS lock_number
    FROM unnest(organization_ids) AS organization_id
    WHERE organization_id IS NOT NULL
      AND EXISTS (
        SELECT
        FROM tollgate.limits AS bound
        WHERE bound.is_enabled
      )
    ORDER BY lock_number
  ) AS locked
$$;
COMMENT ON FUNCTION tollgate.lock_limits(uuid[]) IS
  'Lets one transaction at a time count in the limits of these organizations, if any limit is enabled. Limits are looked at by a later statement, which then sees what the others have counted.';
REVOKE ALL ON FUNCTION tollgate.lock_limits(uuid[]) FROM PUBLIC;
