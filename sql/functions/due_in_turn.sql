CREATE OR REPLACE FUNCTION tollgate.due_in_turn(line_id uuid, due_by timestamptz, row_limit integer)
RETURNS TABLE (
  organization_id uuid,
  delivery_id uuid,
  next_attempt_at timestamptz,
  place bigint
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  line CONSTANT uuid := due_in_turn.line_id;
  first_id CONSTANT uuid := '00000000-0000-0000-0000-000000000000'::uuid;
  last_id CONSTANT uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid;
  -- Whose event was told last: whoever is behind it in the order of ids is next, and then whoever is first.
  told_id uuid;
  reached_id uuid;
  reached_at timestamptz;
  next_ids uuid[];
  due_count bigint;
BEGIN
  IF row_limit <= 0 THEN
    RETURN;
  END IF;
  SELECT held.event_organization_id
  INTO told_id
  FROM tollgate.deliveries AS held
  WHERE held.line_id = line AND held.attempted_at IS NOT NULL
  ORDER BY held.attempted_at DESC, held.event_organization_id DESC
  LIMIT 1;
  told_id := coalesce(told_id, last_id);
  -- Of few, all are looked at.
  SELECT count(*), array_agg(DISTINCT due.event_organization_id)
  INTO due_count, next_ids
  FROM (
    SELECT held.event_organization_id
    FROM tollgate.deliveries AS held
    WHERE held.line_id = line AND held.status = 'pending' AND held.next_attempt_at <= due_by
    ORDER BY held.next_attempt_at
    LIMIT 100
  ) AS due;
  IF due_count = 100 THEN
    -- Of many, one of each organization, until there are enough: whoever has thousands waiting costs no more than others.
    next_ids := '{}';
    FOR lap IN 1..2 LOOP
      reached_id := CASE lap WHEN 1 THEN told_id ELSE first_id END;
      reached_at := CASE lap WHEN 1 THEN timestamptz 'infinity' ELSE '-infinity' END;
      WHILE cardinality(next_ids) < row_limit LOOP
        SELECT held.event_organization_id, held.next_attempt_at
        INTO reached_id, reached_at
        FROM tollgate.deliveries AS held
        WHERE held.line_id = line
          AND held.status = 'pending'
          AND (held.event_organization_id, held.next_attempt_at) > (reached_id, reached_at)
          AND held.event_organization_id <= CASE lap WHEN 1 THEN last_id ELSE told_id END
        ORDER BY held.event_organization_id, held.next_attempt_at
        LIMIT 1;
        EXIT WHEN NOT FOUND;
        IF reached_at <= due_by THEN
          next_ids := next_ids || reached_id;
        END IF;
        reached_at := 'infinity';
      END LOOP;
    END LOOP;
  END IF;
  RETURN QUERY
  SELECT waiting.organization_id, waiting.delivery_id, waiting.next_attempt_at,
    row_number() OVER (ORDER BY waiting.turn, turns.id <= told_id, turns.id)
  FROM unnest(next_ids) AS turns (id)
    CROSS JOIN LATERAL (
      SELECT held.organization_id, held.delivery_id, held.next_attempt_at,
        -- ROWS: or it would read all that are due since the same moment.
        row_number() OVER (ORDER BY held.next_attempt_at ROWS UNBOUNDED PRECEDING) AS turn
      FROM tollgate.deliveries AS held
      WHERE held.line_id = line
        AND held.status = 'pending'
        AND held.event_organization_id = turns.id
        AND held.next_attempt_at <= due_by
      ORDER BY held.next_attempt_at
      LIMIT row_limit
    ) AS waiting
  ORDER BY waiting.turn, turns.id <= told_id, turns.id
  LIMIT row_limit;
END
$$;
COMMENT ON FUNCTION tollgate.due_in_turn(uuid, timestamptz, integer) IS
  'Deliveries of a line (deliveries.line_id) that are due, at most row_limit: one of each organization whose events they are, beginning behind the one whose event was last attempted, in the order of ids, then a second one of each. place counts them. For tollgate.find_due_deliveries(), whose owner sees all organizations.';
REVOKE ALL ON FUNCTION tollgate.due_in_turn(uuid, timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.due_in_turn(uuid, timestamptz, integer) TO tollgate_reporter;
