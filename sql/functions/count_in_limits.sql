CREATE OR REPLACE FUNCTION tollgate.count_in_limits(
  organization_id uuid,
  user_id uuid,
  feature text,
  token_type text,
  tokens bigint,
  uses bigint,
  refusals bigint
) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  WITH counting AS (
    SELECT
      bound.*,
      added.amount,
      bound.action = 'alert' AND NOT bound.is_alerted AND bound.used + added.amount > bound.maximum AS is_alarming
    FROM tollgate.applicable_limits(
      count_in_limits.organization_id, count_in_limits.user_id, count_in_limits.feature, count_in_limits.token_type)
      AS bound
      CROSS JOIN LATERAL (
        SELECT
          CASE bound.counts
            WHEN 'tokens' THEN count_in_limits.tokens
            WHEN 'uses' THEN count_in_limits.uses
            ELSE count_in_limits.refusals
          END AS amount
      ) AS added
    WHERE added.amount > 0
  ), counted AS (
    INSERT INTO tollgate.limit_uses AS kept
      (organization_id, limit_name, subject, window_start, used, earlier_used, alerted)
    SELECT
      count_in_limits.organization_id, counting.limit_name, counting.subject, counting.window_start, counting.amount,
      counting.earlier_used, counting.is_alerted OR counting.is_alarming
    FROM counting
    -- A request by itself leaves nothing to remember.
    WHERE counting.window_kind <> 'request'
    -- In the same window, in a new one, or in the one before.
    ON CONFLICT (organization_id, limit_name, subject) DO UPDATE
    SET window_start = greatest(kept.window_start, excluded.window_start),
      used = CASE
        WHEN kept.window_start = excluded.window_start THEN kept.used + excluded.used
        WHEN kept.window_start < excluded.window_start THEN excluded.used
        ELSE kept.used
      END,
      earlier_used = CASE
        WHEN kept.window_start = excluded.window_start THEN kept.earlier_used
        WHEN kept.window_start < excluded.window_start THEN excluded.earlier_used
        ELSE kept.earlier_used + excluded.used
      END,
      alerted = CASE
        WHEN kept.window_start <= excluded.window_start THEN excluded.alerted
        ELSE kept.alerted
      END
  ),
  told AS (
    INSERT INTO tollgate.events (organization_id, event_id, kind, token_type, payload, created_at)
    SELECT
      count_in_limits.organization_id, tollgate.time_ordered_id(), 'limit_exceeded', count_in_limits.token_type,
      jsonb_build_object('limit', counting.limit_name, 'subject', counting.subject, 'used',
        counting.used + counting.amount, 'maximum', counting.maximum),
      tollgate.moment()
    FROM counting
    WHERE counting.is_alarming
    RETURNING event_id
  )
  INSERT INTO tollgate.event_queue (organization_id, event_id)
  SELECT count_in_limits.organization_id, told.event_id
  FROM told;
END
$$;
COMMENT ON FUNCTION tollgate.count_in_limits(uuid, uuid, text, text, bigint, bigint, bigint) IS
  'Counts tokens, uses and refusals in every limit that applies, and begins new windows where the old ones are over. A limit that alerts writes its event when a window first has more than the maximum. Call tollgate.lock_limits in an earlier statement.';
REVOKE ALL ON FUNCTION tollgate.count_in_limits(uuid, uuid, text, text, bigint, bigint, bigint) FROM PUBLIC;
