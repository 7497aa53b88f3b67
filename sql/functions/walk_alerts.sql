CREATE OR REPLACE FUNCTION tollgate.walk_alerts(walk text, row_limit integer) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  progress tollgate.alert_walks;
  at CONSTANT timestamptz := tollgate.moment();
  watched uuid[];
  written integer;
BEGIN
  -- One server at a time: who comes second leaves it to the first, and who dies lets go of it.
  SELECT *
  INTO progress
  FROM tollgate.alert_walks AS known
  WHERE known.walk = walk_alerts.walk
  FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  IF progress.behind_id = '00000000-0000-0000-0000-000000000000' THEN
    -- A clock that was set back is no reason to wait for it.
    IF at >= progress.begun_at AND at < progress.begun_at + progress.pause THEN
      RETURN 0;
    END IF;
    progress.begun_at := at;
  END IF;
  watched := tollgate.find_watched_organizations(progress.behind_id, row_limit);
  progress.behind_id :=
    CASE WHEN cardinality(watched) = row_limit THEN watched[row_limit] ELSE '00000000-0000-0000-0000-000000000000' END;
  UPDATE tollgate.alert_walks AS known
  SET behind_id = progress.behind_id,
    begun_at = progress.begun_at
  WHERE known.walk = walk_alerts.walk
    AND (known.behind_id, known.begun_at) IS DISTINCT FROM (progress.behind_id, progress.begun_at);
  IF watched IS NULL THEN
    RETURN 0;
  END IF;

  PERFORM tollgate.admit_organizations(watched || '00000000-0000-0000-0000-000000000000'::uuid);
  -- Who goes to and fro across a threshold makes one event a minute of it. What differs from what was told last is told
  -- by the first look behind that.
  WITH measured AS MATERIALIZED (
    SELECT * FROM tollgate.measure_alerts(watched, progress.conditions)
  ),
  raised AS (
    INSERT INTO tollgate.alert_states AS known (organization_id, alert_id, condition, token_type, threshold, is_raised, edges,
      told_at)
    SELECT measured.organization_id, measured.alert_id, measured.condition, measured.token_type, measured.threshold, true, 1,
      at
    FROM measured
    WHERE measured.holds
    ON CONFLICT ON CONSTRAINT "an alert has one state for a balance" DO UPDATE
    SET threshold = excluded.threshold,
      is_raised = true,
      edges = known.edges + 1,
      told_at = excluded.told_at
    WHERE NOT known.is_raised
      AND NOT (at >= known.told_at AND at < known.told_at + interval '1 minute')
    RETURNING known.organization_id, known.alert_id, known.condition, known.token_type, known.threshold, known.edges
  ),
  recovered AS (
    UPDATE tollgate.alert_states AS known
    SET is_raised = false,
      edges = known.edges + 1,
      told_at = at
    WHERE known.organization_id = ANY (watched)
      AND known.condition = ANY (progress.conditions)
      AND known.is_raised
      AND NOT (at >= known.told_at AND at < known.told_at + interval '1 minute')
      AND NOT EXISTS (
        SELECT
        FROM measured
        WHERE measured.organization_id = known.organization_id
          AND measured.alert_id = known.alert_id
          AND measured.condition = known.condition
          AND measured.token_type = known.token_type
          AND measured.holds
      )
    RETURNING known.organization_id, known.alert_id, known.condition, known.token_type, known.threshold, known.edges
  ),
  edge AS (
    SELECT 'raised' AS state, raised.* FROM raised
    UNION ALL
    SELECT 'recovered', recovered.* FROM recovered
  )
  SELECT (count(tollgate.write_event(edge.organization_id, 'alert_' || edge.state, edge.token_type,
    jsonb_build_object('alertId', edge.alert_id, 'condition', edge.condition, 'tokenType', edge.token_type,
      'state', edge.state, 'edge', edge.edges, 'threshold', coalesce(measured.threshold, edge.threshold), 'value', measured.value,
      'available', measured.available, 'allocated', measured.allocated))))::integer
  INTO written
  FROM edge
    LEFT JOIN measured
      ON measured.organization_id = edge.organization_id
      AND measured.alert_id = edge.alert_id
      AND measured.condition = edge.condition
      AND measured.token_type = edge.token_type;
  PERFORM tollgate.admit_organizations('{}');
  RETURN written;
END
$$;
COMMENT ON FUNCTION tollgate.walk_alerts(text, integer) IS
  'Holds the balances of the next organizations of a walk against the rules, and writes an event for each condition that holds and was not told to, or the other way round: of a rule and a balance one a minute at most. Returns how many.';
REVOKE ALL ON FUNCTION tollgate.walk_alerts(text, integer) FROM PUBLIC;
