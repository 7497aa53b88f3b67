-- What tollgate.unrolled_sums() gives, as far as ids lead to it. Ids are in the order of a chain but for what was under way at the
-- same time, and for clocks that differ: up to margin, before where the last roll-up began to leave some and behind the last
-- id of a part. With NULL every row is looked at, and a part is the beginning of each chain.
CREATE OR REPLACE FUNCTION tollgate.look_for_sums(
  organization_ids uuid[],
  margin interval,
  row_limit bigint
) RETURNS tollgate.unrolled_sum[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_sort = off
SET timezone = 'UTC'
SET jit = off
AS $$
DECLARE
  nobody CONSTANT uuid := '00000000-0000-0000-0000-000000000000'::uuid;
  last_of_all CONSTANT uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid;
BEGIN
  RETURN (
    WITH part AS MATERIALIZED (
      SELECT
        of_chain.organization_id,
        array_agg(of_chain.token_type) AS token_types,
        array_agg(of_chain.to_sequence) AS to_sequences,
        CASE WHEN margin IS NOT NULL THEN (max(ARRAY[of_chain.last_id]))[1] END AS last_id,
        tollgate.time_of_id(CASE
          WHEN margin IS NOT NULL THEN (max(ARRAY[of_chain.last_id]))[1]
          ELSE (min(ARRAY[of_chain.first_id]))[1]
        END) AS goes_on_at
      FROM tollgate.unrolled_parts(organization_ids, margin, row_limit) AS of_chain
      GROUP BY of_chain.organization_id
    ),
    organization AS MATERIALIZED (
      SELECT
        reaching.*,
        tollgate.first_id_at(reaching.reaches) AS reach_id,
        CASE
          WHEN reaching.last_id IS NULL THEN last_of_all
          ELSE greatest(reaching.last_id, tollgate.first_id_at(reaching.goes_on_at + margin))
        END AS to_id
      FROM (
        SELECT
          start.organization_id, start.before_id, start.from_id, start.from_time, part.token_types, part.to_sequences,
          part.last_id, part.goes_on_at,
          part.organization_id IS NOT NULL AS is_cut,
          greatest(start.rolled_before, CASE
            WHEN part.organization_id IS NULL THEN start.settled_at
            -- Rows without a place in a chain wait until all the others are rolled up.
            WHEN margin IS NULL THEN '-infinity'
            ELSE least(start.settled_at, part.goes_on_at)
          END) AS reaches
        FROM tollgate.unrolled_starts(organization_ids, margin) AS start
          LEFT JOIN part ON part.organization_id = start.organization_id
      ) AS reaching
    ),
    found AS (
      SELECT organization.organization_id, organization.reach_id, false AS is_late, entry.*
      FROM organization
        CROSS JOIN LATERAL tollgate.unrolled_rows(
          organization.organization_id, organization.before_id, organization.from_id, organization.to_id,
          organization.from_time) AS entry
      WHERE CASE
        WHEN NOT organization.is_cut THEN true
        WHEN entry.sequence IS NULL THEN entry.id <= organization.last_id
        ELSE entry.sequence <= organization.to_sequences[array_position(organization.token_types, entry.token_type)]
      END
      UNION ALL
      SELECT organization.organization_id, NULL, true, late.id, entry.token_type, NULL, late.created_at, entry.user_id,
        entry.feature_used, entry.is_use, entry.kind, CASE WHEN entry.is_use THEN entry.required ELSE 0 END, NULL, NULL
      FROM organization
        JOIN tollgate.late_entries AS late ON late.organization_id = organization.organization_id
        JOIN tollgate.ledger AS entry
          ON entry.organization_id = late.organization_id
          AND entry.id = late.id
          AND entry.created_at = late.created_at
          AND entry.sequence IS NULL
      WHERE late.id < organization.before_id OR tollgate.is_irregular(late.id, late.created_at)
    ),
    summed AS (
      SELECT
        found.organization_id, found.token_type, date_trunc('hour', found.created_at) AS hour,
        coalesce(found.feature_used, '') AS feature_used, coalesce(found.user_id, nobody) AS user_id,
        found.sequence IS NULL AND NOT found.is_late AND found.id >= found.reach_id AS is_pending,
        count(*) AS entries,
        count(*) FILTER (WHERE found.is_use) AS uses,
        sum(found.tokens)::bigint AS tokens,
        count(*) FILTER (WHERE found.kind = 'refusal') AS refusals,
        (sum(found.change) FILTER (WHERE found.sequence IS NOT NULL))::bigint AS change,
        coalesce(sum(found.change) FILTER (WHERE found.kind = 'refund'), 0)::bigint AS refunded,
        min(found.created_at) FILTER (WHERE found.is_use AND found.sequence IS NOT NULL) AS first_used_at,
        max(ARRAY[found.sequence, found.balance]) FILTER (WHERE found.sequence IS NOT NULL) AS last_movement
      FROM found
      GROUP BY 1, 2, 3, 4, 5, 6, found.sequence IS NULL
    )
    SELECT array_agg(ROW(
      summed.organization_id, summed.token_type, summed.hour, summed.feature_used, summed.user_id, summed.is_pending,
      summed.entries, summed.uses, summed.tokens, summed.refusals, summed.change, summed.refunded, summed.first_used_at,
      summed.last_movement[1], summed.last_movement[2], organization.reaches, organization.is_cut,
      organization.goes_on_at)::tollgate.unrolled_sum)
    FROM summed
      JOIN organization ON organization.organization_id = summed.organization_id
  );
END
$$;
COMMENT ON FUNCTION tollgate.look_for_sums(uuid[], interval, bigint) IS
  'Sums of what is not rolled up, as far as ids lead to it: tollgate.unrolled_sums() sees whether they do.';
REVOKE ALL ON FUNCTION tollgate.look_for_sums(uuid[], interval, bigint) FROM PUBLIC;
