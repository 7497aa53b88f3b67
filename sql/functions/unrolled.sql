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
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
  wanted uuid[] := organization_ids;
  missed uuid[];
  margin interval;
  found tollgate.unrolled_movement[];
BEGIN
  FOREACH margin IN ARRAY ARRAY['2 seconds', '10 minutes', NULL]::interval[] LOOP
    found := tollgate.look_for_unrolled(wanted, margin, row_limit);
    -- Added up and not joined: of how many balances this is, no plan that was made before knows.
    missed := ARRAY(
      SELECT balance.organization_id
      FROM (
        SELECT
          chain.organization_id,
          max(chain.ends_with) > max(chain.known) AS is_missed,
          bool_or(chain.is_cut) AS is_cut
        FROM (
          SELECT token.organization_id, token.token_type, token.ledger_sequence AS ends_with, 0::bigint AS known,
            false AS is_cut
          FROM public.ai_tokens AS token
          WHERE token.organization_id = ANY (wanted)
          UNION ALL
          SELECT rolled.organization_id, rolled.token_type, 0, rolled.sequence, false
          FROM tollgate.rolled_balances AS rolled
          WHERE rolled.organization_id = ANY (wanted)
          UNION ALL
          SELECT looked.organization_id, looked.token_type, 0, looked.sequence, looked.is_cut
          FROM unnest(found) AS looked
          WHERE looked.sequence IS NOT NULL
        ) AS chain
        GROUP BY chain.organization_id, chain.token_type
      ) AS balance
      GROUP BY balance.organization_id
      HAVING bool_or(balance.is_missed) AND NOT bool_or(balance.is_cut));
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
