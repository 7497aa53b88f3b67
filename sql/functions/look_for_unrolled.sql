-- Rows of the ledger that are not rolled up, found by their ids: margin before where the last roll-up began to leave some
-- (NULL: all rows of the organizations), at most row_limit of each organization, in the order of their ids; of all rows, in the
-- order of their chains.
--
-- Of a balance's movements this is the part of its chain that follows on what is rolled up without a gap. Of rows
-- without a place in a chain it is those behind rolled_before, and those that late_entries names.
CREATE OR REPLACE FUNCTION tollgate.look_for_unrolled(
  organization_ids uuid[],
  margin interval,
  row_limit bigint
) RETURNS tollgate.unrolled_movement[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
BEGIN
  RETURN (
    WITH organization AS MATERIALIZED (
      SELECT
        named.organization_id,
        tollgate.first_id_at(coalesce(rolled.rolled_before, '-infinity')) AS before_id,
        tollgate.first_id_at(least(rolled.rolled_before, coalesce(rolled.looked_from - margin, '-infinity'))) AS from_id,
        coalesce(least(rolled.rolled_before, coalesce(rolled.looked_from - margin, '-infinity')) - interval '1 hour',
          '-infinity') AS from_time,
        seal.settled_at
      FROM unnest(organization_ids) AS named (organization_id)
        CROSS JOIN tollgate.rollup_seal AS seal
        LEFT JOIN tollgate.rolled_organizations AS rolled ON rolled.organization_id = named.organization_id
    ),
    movement AS (
      SELECT organization.organization_id, organization.settled_at, looked.*
      FROM organization
        CROSS JOIN LATERAL (
          SELECT found.*, coalesce(rolled.sequence, 0) AS rolled_to
          FROM (
            SELECT used.id, used.token_type, used.sequence, used.created_at, used.user_id, used.feature_used,
              true AS is_use, false AS is_refusal, false AS is_refund, used.tokens_deducted AS tokens,
              -used.tokens_deducted AS change, used.remaining_balance AS balance
            FROM public.ai_token_usage_log AS used
            WHERE used.organization_id = organization.organization_id
              AND used.id >= organization.from_id
              AND used.created_at >= organization.from_time
            UNION ALL
            SELECT entry.id, entry.token_type, entry.sequence, entry.created_at, entry.user_id, entry.feature_used,
              false, entry.kind = 'refusal', entry.kind = 'refund', 0, entry.amount, entry.balance_after
            FROM tollgate.ledger_entries AS entry
            WHERE entry.organization_id = organization.organization_id
              AND entry.id >= organization.from_id
              AND entry.created_at >= organization.from_time
          ) AS found
            LEFT JOIN tollgate.rolled_balances AS rolled
              ON rolled.organization_id = organization.organization_id AND rolled.token_type = found.token_type
          WHERE CASE
            WHEN found.sequence IS NULL THEN
              found.id >= organization.before_id AND NOT tollgate.is_irregular(found.id, found.created_at)
            ELSE found.sequence > coalesce(rolled.sequence, 0)
          END
          -- Where ids are no guide a part of the rows has to be the beginning of each chain. Rows without a place in one come
          -- last, and wait until all the others are rolled up.
          ORDER BY CASE WHEN margin IS NULL THEN found.sequence END, found.id
          LIMIT row_limit
        ) AS looked
    ),
    placed AS (
      SELECT
        movement.*,
        row_number() OVER (PARTITION BY movement.organization_id, movement.token_type, movement.sequence IS NULL
          ORDER BY movement.sequence) AS place,
        min(movement.sequence) OVER (PARTITION BY movement.organization_id, movement.token_type) AS first_sequence,
        count(*) OVER of_organization = row_limit AS is_cut,
        last_value(movement.id) OVER (of_organization
          ORDER BY movement.id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last_id
      FROM movement
      WINDOW of_organization AS (PARTITION BY movement.organization_id)
    )
    SELECT array_agg(ROW(found.*)::tollgate.unrolled_movement)
    FROM (
      SELECT
        placed.organization_id, placed.id, placed.token_type, placed.sequence, placed.created_at, placed.user_id,
        placed.feature_used, placed.is_use, placed.is_refusal, placed.is_refund, placed.tokens, placed.change, placed.balance,
        placed.rolled_to,
        CASE
          WHEN placed.is_cut AND margin IS NULL THEN '-infinity'
          WHEN placed.is_cut THEN least(placed.settled_at, tollgate.time_of_id(placed.last_id))
          ELSE placed.settled_at
        END AS reaches,
        placed.is_cut IS TRUE AS is_cut,
        false AS is_late
      FROM placed
      WHERE placed.sequence IS NULL
        OR placed.sequence = placed.place + CASE
          -- What was dropped before it could be rolled up is in no roll-up: the chain begins with what is left.
          WHEN margin IS NULL THEN greatest(placed.rolled_to, placed.first_sequence - 1)
          ELSE placed.rolled_to
        END
      UNION ALL
      SELECT
        late.organization_id, row_of.id, row_of.token_type, NULL, row_of.created_at, row_of.user_id, row_of.feature_used,
        row_of.is_use, NOT row_of.is_use, false, CASE WHEN row_of.is_use THEN row_of.required ELSE 0 END, 0, row_of.balance_after,
        NULL, organization.settled_at, false, true
      FROM organization
        JOIN tollgate.late_entries AS late ON late.organization_id = organization.organization_id
        JOIN tollgate.ledger AS row_of
          ON row_of.organization_id = late.organization_id
          AND row_of.id = late.id
          AND row_of.created_at = late.created_at
          AND row_of.sequence IS NULL
      WHERE late.id < organization.before_id OR tollgate.is_irregular(late.id, late.created_at)
    ) AS found
  );
END
$$;
COMMENT ON FUNCTION tollgate.look_for_unrolled(uuid[], interval, bigint) IS
  'Rows of organizations'' ledger that are not rolled up, as far as ids lead to them: tollgate.unrolled() sees whether they do.';
REVOKE ALL ON FUNCTION tollgate.look_for_unrolled(uuid[], interval, bigint) FROM PUBLIC;
