-- Runs as tollgate_sweeper, whose policies admit it to what has ended, of every organization, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_sweeper;
SET LOCAL ROLE tollgate_sweeper;
CREATE OR REPLACE FUNCTION tollgate.find_ended_entries(batch_limit integer) RETURNS uuid[]
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT array_agg(DISTINCT ended.organization_id)
  FROM (
    SELECT known.organization_id
    FROM tollgate.cache_entries AS known
    WHERE known.ends_at <= tollgate.moment()
    ORDER BY known.ends_at
    LIMIT batch_limit
  ) AS ended
$$;
COMMENT ON FUNCTION tollgate.find_ended_entries(integer) IS
  'The organizations of at most batch_limit entries of decision caches that have ended, the oldest; NULL: none has.';
REVOKE ALL ON FUNCTION tollgate.find_ended_entries(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.find_ended_entries(integer) TO tollgate_owner;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_sweeper;
