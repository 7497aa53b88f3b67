-- The chain proves that nothing was missed: what is found has to follow on the last movement that is rolled up without a
-- gap, up to the balance's own ledger_sequence. Where it does not, ids were no good guide, and the search begins earlier.
--
-- STABLE, so that all of it sees the snapshot of the statement that calls it, roll-ups and balances included.
CREATE OR REPLACE FUNCTION tollgate.unrolled(
  organization_ids uuid[],
  row_limit bigint DEFAULT NULL
) RETURNS SETOF tollgate.unrolled_movement
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  wanted uuid[] := organization_ids;
  missed uuid[];
  margin interval;
  found tollgate.unrolled_movement[];
BEGIN
  FOREACH margin IN ARRAY ARRAY['2 seconds', '10 minutes', NULL]::interval[] LOOP
    found := tollgate.look_for_unrolled(wanted, margin, CASE WHEN margin IS NOT NULL THEN row_limit END);
    missed := ARRAY(
      SELECT DISTINCT token.organization_id
      FROM public.ai_tokens AS token
        LEFT JOIN tollgate.rolled_balances AS rolled
          ON rolled.organization_id = token.organization_id AND rolled.token_type = token.token_type
        LEFT JOIN (
          SELECT looked.organization_id, looked.token_type, max(looked.sequence) AS sequence
          FROM unnest(found) AS looked
          GROUP BY looked.organization_id, looked.token_type
        ) AS reached
          ON reached.organization_id = token.organization_id AND reached.token_type = token.token_type
      WHERE token.organization_id = ANY (wanted)
        AND token.ledger_sequence > coalesce(reached.sequence, rolled.sequence, 0)
        AND NOT EXISTS (
          SELECT
          FROM unnest(found) AS looked
          WHERE looked.organization_id = token.organization_id AND looked.is_cut AND looked.sequence IS NOT NULL
        ));
    RETURN QUERY
    SELECT looked.*
    FROM unnest(found) AS looked
    WHERE margin IS NULL OR looked.organization_id <> ALL (missed);
    EXIT WHEN missed = '{}';
    wanted := missed;
  END LOOP;
END
$$;
COMMENT ON FUNCTION tollgate.unrolled(uuid[], bigint) IS
  'What the roll-ups of these organizations do not have yet: with them it is exactly the ledger that the calling statement sees. With row_limit, which whoever rolls up gives, a part of it that may be rolled up.';
REVOKE ALL ON FUNCTION tollgate.unrolled(uuid[], bigint) FROM PUBLIC;
