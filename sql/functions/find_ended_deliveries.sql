-- Runs as tollgate_reporter, whose policies admit it to deliveries of all organizations, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_reporter;
SET LOCAL ROLE tollgate_reporter;
CREATE OR REPLACE FUNCTION tollgate.find_ended_deliveries(ended_by timestamptz, row_limit integer) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT array_agg(DISTINCT ended.organization_id)
  FROM (
    SELECT held.organization_id
    FROM tollgate.deliveries AS held
    WHERE held.status <> 'pending' AND held.finished_at <= ended_by
    ORDER BY held.finished_at
    LIMIT row_limit
  ) AS ended
$$;
COMMENT ON FUNCTION tollgate.find_ended_deliveries(timestamptz, integer) IS
  'The organizations of the oldest deliveries that ended by then; NULL: there are none.';
REVOKE ALL ON FUNCTION tollgate.find_ended_deliveries(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.find_ended_deliveries(timestamptz, integer) TO tollgate_owner;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
