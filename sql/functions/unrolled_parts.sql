-- The part of what is not rolled up that is rolled up at once, of organizations that have row_limit rows or more: the first
-- ones by their ids; where ids are no guide (margin is NULL), the first ones of each chain.
CREATE OR REPLACE FUNCTION tollgate.unrolled_parts(
  organization_ids uuid[],
  margin interval,
  row_limit bigint
) RETURNS TABLE (
  organization_id uuid,
  token_type text,
  to_sequence bigint,
  first_id uuid,
  last_id uuid
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_sort = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  last_of_all CONSTANT uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid;
BEGIN
  IF row_limit IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY
  WITH start AS MATERIALIZED (
    SELECT * FROM tollgate.unrolled_starts(organization_ids, margin)
  ),
  first AS (
    SELECT start.organization_id, by_id.*
    FROM start
      CROSS JOIN LATERAL (
        SELECT entry.id, entry.token_type, entry.sequence
        FROM tollgate.unrolled_rows(
          start.organization_id, start.before_id, start.from_id, last_of_all, start.from_time) AS entry
        -- What waits for the seal is not rolled up, and keeps nothing from it.
        WHERE entry.sequence IS NOT NULL OR entry.id < start.settled_id
        ORDER BY entry.id
        LIMIT row_limit
      ) AS by_id
    WHERE margin IS NOT NULL
    UNION ALL
    SELECT start.organization_id, by_place.*
    FROM start
      CROSS JOIN LATERAL (
        SELECT entry.id, entry.token_type, entry.sequence
        FROM tollgate.unrolled_rows(
          start.organization_id, start.before_id, start.from_id, last_of_all, start.from_time) AS entry
        WHERE entry.sequence IS NOT NULL
        ORDER BY entry.sequence
        LIMIT row_limit
      ) AS by_place
    WHERE margin IS NULL
  ),
  part AS MATERIALIZED (
    SELECT first.organization_id, first.token_type, max(first.sequence) AS to_sequence, min(ARRAY[first.id]) AS first_ids,
      max(ARRAY[first.id]) AS last_ids, count(*) AS entries
    FROM first
    GROUP BY first.organization_id, first.token_type
  )
  SELECT cut.organization_id, cut.token_type, cut.to_sequence, cut.first_ids[1], cut.last_ids[1]
  FROM (
    SELECT part.*, sum(part.entries) OVER (PARTITION BY part.organization_id) AS of_organization
    FROM part
  ) AS cut
  WHERE cut.of_organization >= row_limit;
END
$$;
COMMENT ON FUNCTION tollgate.unrolled_parts(uuid[], interval, bigint) IS
  'Up to which movement of each balance to roll up at once, where an organization has row_limit rows or more that are not rolled up; and of which ids the part is.';
REVOKE ALL ON FUNCTION tollgate.unrolled_parts(uuid[], interval, bigint) FROM PUBLIC;
