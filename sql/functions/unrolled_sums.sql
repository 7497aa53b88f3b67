-- The chain proves that nothing was missed: its movements have numbers without a gap, so that as many have to be found as
-- there are from the last one that is rolled up to the balance's own ledger_sequence, or to the last one of a part. Where
-- they are not, ids were no good guide, and the search begins earlier.
--
-- STABLE, so that all of it sees the snapshot of the statement that calls it, roll-ups and balances included.
CREATE OR REPLACE FUNCTION tollgate.unrolled_sums(
  organization_ids uuid[],
  row_limit bigint DEFAULT NULL
) RETURNS SETOF tollgate.unrolled_sum
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
  found tollgate.unrolled_sum[];
BEGIN
  FOREACH margin IN ARRAY ARRAY['1 second', '10 seconds', '10 minutes', NULL]::interval[] LOOP
    found := tollgate.look_for_sums(wanted, margin, row_limit);
    -- Added up and not joined: of how many balances this is, no plan that was made before knows. What was dropped before it
    -- could be rolled up is in no roll-up: the last search finds what is left.
    missed := ARRAY(
      SELECT balance.organization_id
      FROM (
        SELECT chain.organization_id, max(chain.known) + sum(chain.movements) AS reached, max(chain.ends_with) AS ends_with,
          max(chain.found) AS found, bool_or(chain.is_cut) AS is_cut
        FROM (
          SELECT token.organization_id, token.token_type, token.ledger_sequence AS ends_with, 0::bigint AS known,
            0::bigint AS movements, NULL::bigint AS found, false AS is_cut
          FROM public.ai_tokens AS token
          WHERE token.organization_id = ANY (wanted)
          UNION ALL
          SELECT rolled.organization_id, rolled.token_type, 0, rolled.sequence, 0, NULL, false
          FROM tollgate.rolled_balances AS rolled
          WHERE rolled.organization_id = ANY (wanted)
          UNION ALL
          SELECT looked.organization_id, looked.token_type, 0, 0,
            CASE WHEN looked.last_sequence IS NOT NULL THEN looked.entries ELSE 0 END, looked.last_sequence, looked.is_cut
          FROM unnest(found) AS looked
        ) AS chain
        GROUP BY chain.organization_id, chain.token_type
      ) AS balance
      WHERE margin IS NOT NULL
      GROUP BY balance.organization_id
      HAVING CASE
        WHEN bool_or(balance.is_cut) THEN bool_or(balance.found > balance.reached)
        ELSE bool_or(balance.ends_with > balance.reached)
      END);
    RETURN QUERY
    SELECT looked.*
    FROM unnest(found) AS looked
    WHERE looked.organization_id <> ALL (missed);
    EXIT WHEN missed = '{}';
    wanted := missed;
  END LOOP;
END
$$;
COMMENT ON FUNCTION tollgate.unrolled_sums(uuid[], bigint) IS
  'Sums of what the roll-ups of these organizations do not have yet: with them it is exactly the ledger that the calling statement sees. With row_limit, which whoever rolls up gives, a part of it that may be rolled up.';
REVOKE ALL ON FUNCTION tollgate.unrolled_sums(uuid[], bigint) FROM PUBLIC;
-- What reports called before, and call no more when this commits.
DROP FUNCTION IF EXISTS tollgate.unrolled(uuid[], bigint);
DROP FUNCTION IF EXISTS tollgate.look_for_unrolled(uuid[], interval, bigint);
DROP TYPE IF EXISTS tollgate.unrolled_movement;
