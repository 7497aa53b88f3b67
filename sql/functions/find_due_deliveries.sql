-- Runs as tollgate_reporter, whose policies admit it to webhooks and deliveries of all organizations, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_reporter;
SET LOCAL ROLE tollgate_reporter;
CREATE OR REPLACE FUNCTION tollgate.find_due_deliveries(
  due_by timestamptz,
  healthy_limit integer,
  failing_limit integer,
  email_limit integer,
  busy uuid[]
) RETURNS TABLE (organization_id uuid, delivery_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  -- Attempts that are under way, of each organization's receivers.
  WITH under_way AS (
    SELECT hook.organization_id, hook.failing_since IS NOT NULL AS is_failing, count(*) AS attempts
    FROM unnest(busy) AS attempt (webhook_id)
      JOIN tollgate.webhooks AS hook ON hook.webhook_id = attempt.webhook_id
    GROUP BY hook.organization_id, is_failing
  ),
  due AS (
    -- Some of each receiver: whoever has thousands waiting is not in the way of others.
    SELECT hook.organization_id, hook.failing_since IS NOT NULL AS is_failing, hook.last_attempt_at, waiting.*
    FROM tollgate.webhooks AS hook
      CROSS JOIN LATERAL (
        SELECT pending.delivery_id, pending.next_attempt_at,
          -- ROWS: or it would read all that are due since the same moment.
          row_number() OVER (ORDER BY pending.next_attempt_at ROWS UNBOUNDED PRECEDING) AS place
        FROM tollgate.deliveries AS pending
        WHERE pending.organization_id = hook.organization_id
          AND pending.receiver_id = hook.webhook_id
          AND pending.status = 'pending'
          AND pending.next_attempt_at <= due_by
        ORDER BY pending.next_attempt_at
        LIMIT CASE WHEN hook.failing_since IS NULL THEN 4 ELSE 1 END
      ) AS waiting
    WHERE hook.active
      AND hook.webhook_id <> ALL (busy)
      AND hook.organization_id <> '00000000-0000-0000-0000-000000000000'
    UNION ALL
    SELECT hook.organization_id, hook.failing_since IS NOT NULL, hook.last_attempt_at, waiting.delivery_id,
      waiting.next_attempt_at, waiting.place
    FROM tollgate.webhooks AS hook
      CROSS JOIN LATERAL tollgate.due_in_turn(hook.webhook_id, due_by, CASE WHEN hook.failing_since IS NULL THEN 4 ELSE 1 END)
        AS waiting
    WHERE hook.active
      AND hook.webhook_id <> ALL (busy)
      AND hook.organization_id = '00000000-0000-0000-0000-000000000000'
  ),
  -- How many attempts of its organization come first. Within one, its receivers take turns, and whoever has waited
  -- longest begins: not how much waits for a receiver decides, nor how many receivers one has, or how slow they are.
  queued AS (
    SELECT due.*,
      coalesce(under_way.attempts, 0)
        + row_number() OVER (
          PARTITION BY due.organization_id, due.is_failing
          ORDER BY due.place, due.last_attempt_at NULLS FIRST, due.next_attempt_at
        ) AS turn
    FROM due
      LEFT JOIN under_way
        ON under_way.organization_id = due.organization_id AND under_way.is_failing = due.is_failing
  )
  (
    SELECT queued.organization_id, queued.delivery_id
    FROM queued
    WHERE NOT queued.is_failing
    ORDER BY queued.turn, queued.last_attempt_at NULLS FIRST, queued.next_attempt_at
    LIMIT healthy_limit
  )
  UNION ALL
  (
    SELECT queued.organization_id, queued.delivery_id
    FROM queued
    WHERE queued.is_failing
    ORDER BY queued.turn, queued.last_attempt_at NULLS FIRST, queued.next_attempt_at
    LIMIT failing_limit
  )
  UNION ALL
  (
    SELECT waiting.organization_id, waiting.delivery_id
    FROM tollgate.due_in_turn('00000000-0000-0000-0000-000000000000', due_by, email_limit) AS waiting
  )
$$;
COMMENT ON FUNCTION tollgate.find_due_deliveries(timestamptz, integer, integer, integer, uuid[]) IS
  'Deliveries that are due: of webhooks whose last attempt succeeded, of those that fail, and by email, so many of each; none of the receivers that are busy, who are named once for each attempt under way. Organizations that have few attempts under way come first, then receivers that have waited long. In email, and of a webhook for all, the organizations whose events they are take turns.';
REVOKE ALL ON FUNCTION tollgate.find_due_deliveries(timestamptz, integer, integer, integer, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.find_due_deliveries(timestamptz, integer, integer, integer, uuid[]) TO tollgate_owner;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
