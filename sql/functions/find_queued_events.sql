-- Runs as tollgate_reporter, whose policies admit it to the queue of all organizations, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_reporter;
SET LOCAL ROLE tollgate_reporter;
CREATE OR REPLACE FUNCTION tollgate.find_queued_events(
  row_limit integer,
  OUT organization_ids uuid[],
  OUT event_ids uuid[]
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT array_agg(oldest.organization_id), array_agg(oldest.event_id)
  FROM (
    SELECT waiting.organization_id, waiting.event_id
    FROM tollgate.event_queue AS waiting
    ORDER BY waiting.event_id
    LIMIT row_limit
  ) AS oldest
$$;
COMMENT ON FUNCTION tollgate.find_queued_events(integer) IS
  'The oldest events, of any organizations, that no receivers were looked for yet; NULL: there are none.';
REVOKE ALL ON FUNCTION tollgate.find_queued_events(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.find_queued_events(integer) TO tollgate_owner;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
