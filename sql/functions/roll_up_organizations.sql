-- One statement reads what is not rolled up, adds it, and says how far the roll-ups reach: all of it by one snapshot.
-- Whoever calls it keeps others from rolling up at the same time.
CREATE OR REPLACE FUNCTION tollgate.roll_up_organizations(
  organization_ids uuid[],
  row_limit bigint,
  OUT rolled_up bigint,
  OUT cut uuid[]
)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
SET timezone = 'UTC'
AS $$
#variable_conflict use_column
DECLARE
  nobody CONSTANT uuid := '00000000-0000-0000-0000-000000000000'::uuid;
BEGIN
  INSERT INTO tollgate.rolled_organizations (organization_id)
  SELECT organization_id FROM unnest(organization_ids) AS organization_id
  ON CONFLICT DO NOTHING;

  WITH looked AS MATERIALIZED (
    SELECT * FROM tollgate.unrolled_sums(organization_ids, row_limit)
  ),
  reach AS MATERIALIZED (
    SELECT
      reached.*,
      tollgate.first_id_at(reached.reaches) AS reach_id
    FROM (
      SELECT
        known.organization_id,
        greatest(max(known.rolled_before), coalesce(min(known.reaches), min(seal.settled_at))) AS reaches,
        bool_or(known.is_cut) IS TRUE AS is_cut,
        -- The others wait for the seal.
        bool_or(known.is_pending) IS TRUE AS has_pending,
        min(known.goes_on_at) AS goes_on_at
      -- Added up and not joined, as in tollgate.unrolled_sums().
      FROM (
        SELECT rolled.organization_id, rolled.rolled_before, NULL::timestamptz AS reaches, NULL::boolean AS is_cut,
          NULL::boolean AS is_pending, NULL::timestamptz AS goes_on_at
        FROM tollgate.rolled_organizations AS rolled
        WHERE rolled.organization_id = ANY (organization_ids)
        UNION ALL
        SELECT looked.organization_id, NULL, looked.reaches, looked.is_cut, looked.is_pending, looked.goes_on_at
        FROM looked
      ) AS known
        CROSS JOIN tollgate.rollup_seal AS seal
      GROUP BY known.organization_id
    ) AS reached
  ),
  found AS MATERIALIZED (
    SELECT looked.*, (looked.hour AT TIME ZONE 'UTC')::date AS day
    FROM looked
    WHERE NOT looked.is_pending
  ),
  by_hour AS MATERIALIZED (
    SELECT organization_id, hour, day, token_type, feature_used AS feature, user_id AS subject, sum(uses)::bigint AS uses,
      sum(tokens)::bigint AS tokens, sum(refusals)::bigint AS refusals
    FROM found
    WHERE uses > 0 OR refusals > 0
    GROUP BY organization_id, hour, day, token_type, feature_used, user_id
  ),
  hours AS (
    INSERT INTO tollgate.usage_hours AS kept
      (organization_id, hour, token_type, feature_used, user_id, uses, tokens, refusals)
    SELECT organization_id, hour, token_type, feature, subject, uses, tokens, refusals FROM by_hour
    ON CONFLICT ON CONSTRAINT "an hour of a feature and user has one row" DO UPDATE
    SET uses = kept.uses + excluded.uses, tokens = kept.tokens + excluded.tokens,
      refusals = kept.refusals + excluded.refusals
  ),
  days AS (
    INSERT INTO tollgate.usage_days AS kept
      (organization_id, day, token_type, feature_used, user_id, uses, tokens, refusals)
    SELECT organization_id, day, token_type, feature, subject, sum(uses), sum(tokens), sum(refusals)
    FROM by_hour
    GROUP BY organization_id, day, token_type, feature, subject
    ON CONFLICT ON CONSTRAINT "a day of a feature and user has one row" DO UPDATE
    SET uses = kept.uses + excluded.uses, tokens = kept.tokens + excluded.tokens,
      refusals = kept.refusals + excluded.refusals
  ),
  months AS (
    INSERT INTO tollgate.usage_months AS kept (organization_id, month, subject, uses, tokens)
    SELECT by_hour.organization_id, date_trunc('month', by_hour.day::timestamp)::date, whose.subject, sum(by_hour.uses),
      sum(by_hour.tokens)
    FROM by_hour
      CROSS JOIN LATERAL (
        SELECT by_hour.organization_id AS subject
        UNION ALL
        SELECT by_hour.subject
        WHERE by_hour.subject NOT IN (nobody, by_hour.organization_id)
      ) AS whose
    WHERE by_hour.uses > 0
    GROUP BY by_hour.organization_id, date_trunc('month', by_hour.day::timestamp), whose.subject
    ON CONFLICT ON CONSTRAINT "a month of a subject has one row" DO UPDATE
    SET uses = kept.uses + excluded.uses, tokens = kept.tokens + excluded.tokens
  ),
  service_by_hour AS (
    INSERT INTO tollgate.service_hours AS kept (hour, token_type, feature_used, uses, tokens, refusals)
    SELECT hour, token_type, feature, sum(uses), sum(tokens), sum(refusals)
    FROM by_hour
    GROUP BY hour, token_type, feature
    ON CONFLICT ON CONSTRAINT "an hour of a feature has one row" DO UPDATE
    SET uses = kept.uses + excluded.uses, tokens = kept.tokens + excluded.tokens,
      refusals = kept.refusals + excluded.refusals
  ),
  service_by_day AS (
    INSERT INTO tollgate.service_days AS kept (day, token_type, feature_used, uses, tokens, refusals)
    SELECT day, token_type, feature, sum(uses), sum(tokens), sum(refusals)
    FROM by_hour
    GROUP BY day, token_type, feature
    ON CONFLICT ON CONSTRAINT "a day of a feature has one row" DO UPDATE
    SET uses = kept.uses + excluded.uses, tokens = kept.tokens + excluded.tokens,
      refusals = kept.refusals + excluded.refusals
  ),
  days_of_balances AS (
    INSERT INTO tollgate.balance_days AS kept
      (organization_id, token_type, day, used, granted, refunded, balance, last_sequence)
    SELECT organization_id, token_type, day, sum(tokens), sum(change + tokens), sum(refunded),
      (array_agg(balance ORDER BY last_sequence DESC))[1], max(last_sequence)
    FROM found
    WHERE last_sequence IS NOT NULL
    GROUP BY organization_id, token_type, day
    ON CONFLICT ON CONSTRAINT "a day of a balance has one row" DO UPDATE
    SET used = kept.used + excluded.used, granted = kept.granted + excluded.granted,
      refunded = kept.refunded + excluded.refunded,
      balance = CASE WHEN excluded.last_sequence > kept.last_sequence THEN excluded.balance ELSE kept.balance END,
      last_sequence = greatest(kept.last_sequence, excluded.last_sequence)
  ),
  balances AS (
    INSERT INTO tollgate.rolled_balances AS kept (organization_id, token_type, sequence, first_used_at)
    SELECT organization_id, token_type, max(last_sequence), min(first_used_at)
    FROM found
    WHERE last_sequence IS NOT NULL
    GROUP BY organization_id, token_type
    ON CONFLICT ON CONSTRAINT "a balance is rolled up to one movement" DO UPDATE
    SET sequence = excluded.sequence, first_used_at = coalesce(kept.first_used_at, excluded.first_used_at)
  ),
  -- Those that were counted as late, and those that turned out to have been found by their ids.
  no_longer_late AS (
    DELETE FROM tollgate.late_entries AS late
    USING reach
    WHERE late.organization_id = reach.organization_id
      AND (late.id < reach.reach_id OR tollgate.is_irregular(late.id, late.created_at))
  ),
  organizations AS (
    UPDATE tollgate.rolled_organizations AS kept
    SET rolled_before = reach.reaches,
      looked_from = CASE WHEN reach.is_cut THEN least(reach.reaches, reach.goes_on_at) ELSE tollgate.moment() END,
      is_behind = reach.is_cut OR reach.has_pending,
      -- Who has more to roll up is soon the next one, but behind those who have waited for long.
      rolled_at = CASE
        WHEN reach.is_cut THEN greatest(kept.rolled_at, clock_timestamp() - interval '10 minutes')
        ELSE clock_timestamp()
      END
    FROM reach
    WHERE kept.organization_id = reach.organization_id
  )
  SELECT coalesce((SELECT sum(found.entries) FROM found), 0)::bigint, ARRAY(SELECT reach.organization_id FROM reach WHERE reach.is_cut)
  INTO rolled_up, cut;

  PERFORM tollgate.renew_forecasts(organization_ids);
END
$$;
COMMENT ON FUNCTION tollgate.roll_up_organizations(uuid[], bigint) IS
  'Adds what is not rolled up to the roll-ups of these organizations, of each about row_limit rows at most, and returns how many rows of the ledger that were, and the organizations of which that left some.';
REVOKE ALL ON FUNCTION tollgate.roll_up_organizations(uuid[], bigint) FROM PUBLIC;
