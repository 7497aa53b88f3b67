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
  WITH due AS (
    -- Some of each receiver: whoever has thousands waiting is not in the way of others.
    SELECT hook.organization_id, waiting.delivery_id, hook.failing_since IS NOT NULL AS is_failing, waiting.next_attempt_at
    FROM tollgate.webhooks AS hook
      CROSS JOIN LATERAL (
        SELECT pending.delivery_id, pending.next_attempt_at
        FROM tollgate.deliveries AS pending
        WHERE pending.organization_id = hook.organization_id
          AND pending.receiver_id = hook.webhook_id
          AND pending.status = 'pending'
          AND pending.next_attempt_at <= due_by
        ORDER BY pending.next_attempt_at
        LIMIT CASE WHEN hook.failing_since IS NULL THEN 4 ELSE 1 END
      ) AS waiting
    WHERE hook.active AND hook.webhook_id <> ALL (busy)
  )
  (
    SELECT due.organization_id, due.delivery_id
    FROM due
    WHERE NOT due.is_failing
    ORDER BY due.next_attempt_at
    LIMIT healthy_limit
  )
  UNION ALL
  (
    SELECT due.organization_id, due.delivery_id
    FROM due
    WHERE due.is_failing
    ORDER BY due.next_attempt_at
    LIMIT failing_limit
  )
  UNION ALL
  (
    SELECT pending.organization_id, pending.delivery_id
    FROM tollgate.deliveries AS pending
    WHERE pending.channel = 'email' AND pending.status = 'pending' AND pending.next_attempt_at <= due_by
    ORDER BY pending.next_attempt_at
    LIMIT email_limit
  )
$$;
COMMENT ON FUNCTION tollgate.find_due_deliveries(timestamptz, integer, integer, integer, uuid[]) IS
  'Deliveries that are due: of webhooks whose last attempt succeeded, of those that fail, and by email, so many of each; none of the receivers that are busy.';
REVOKE ALL ON FUNCTION tollgate.find_due_deliveries(timestamptz, integer, integer, integer, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.find_due_deliveries(timestamptz, integer, integer, integer, uuid[]) TO tollgate_owner;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
