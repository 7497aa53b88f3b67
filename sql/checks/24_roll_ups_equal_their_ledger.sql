-- Invariant 24: roll-ups equal the part of the ledger that they say they have.
--
-- That part is: of each balance the movements up to rolled_balances.sequence; of rows without a place in a chain those
-- with an id from before rolled_organizations.rolled_before, less what late_entries still names. Where months of the
-- ledger were dropped, days before the oldest that is left are not compared: partitions end at midnight (UTC), so that no
-- day is half there.
WITH retained AS MATERIALIZED (
  SELECT coalesce(max(first_month), '-infinity') AS first_day
  FROM (
    SELECT min(to_date(right(child.relname, 7), 'YYYY_MM')) AS first_month
    FROM pg_inherits
      JOIN pg_class AS child ON child.oid = inhrelid
    WHERE inhparent IN ('public.ai_token_usage_log'::regclass, 'tollgate.ledger_entries'::regclass)
      AND child.relname ~ '_[0-9]{4}_[0-9]{2}$'
    GROUP BY inhparent
  ) AS partition
),
counted AS MATERIALIZED (
  SELECT entry.organization_id, (entry.created_at AT TIME ZONE 'UTC')::date AS day,
    date_trunc('hour', entry.created_at, 'UTC') AS hour, entry.token_type, coalesce(entry.feature_used, '') AS feature_used,
    coalesce(entry.user_id, '00000000-0000-0000-0000-000000000000') AS user_id, entry.is_use, entry.kind = 'refusal' AS is_refusal,
    CASE WHEN entry.is_use THEN entry.required ELSE 0 END AS tokens,
    CASE WHEN entry.kind = 'refund' THEN entry.amount ELSE 0 END AS refunded, entry.amount, entry.balance_after, entry.sequence
  FROM tollgate.ledger AS entry
    LEFT JOIN tollgate.rolled_balances AS rolled
      ON rolled.organization_id = entry.organization_id AND rolled.token_type = entry.token_type
    LEFT JOIN tollgate.rolled_organizations AS reached ON reached.organization_id = entry.organization_id
  WHERE CASE
      WHEN entry.sequence IS NOT NULL THEN entry.sequence <= rolled.sequence
      ELSE (entry.id < tollgate.first_id_at(reached.rolled_before) OR tollgate.is_irregular(entry.id, entry.created_at))
        AND NOT EXISTS (
          SELECT
          FROM tollgate.late_entries AS late
          WHERE late.organization_id = entry.organization_id AND late.id = entry.id AND late.created_at = entry.created_at
        )
    END
),
by_hour AS MATERIALIZED (
  SELECT organization_id, hour, day, token_type, feature_used, user_id, count(*) FILTER (WHERE is_use) AS uses,
    sum(tokens) AS tokens, count(*) FILTER (WHERE is_refusal) AS refusals
  FROM counted
  WHERE is_use OR is_refusal
  GROUP BY organization_id, hour, day, token_type, feature_used, user_id
)
SELECT format('hour %s of organization %s, %s, feature %s, user %s: rolled up %s, in the ledger %s', hour, organization_id,
  token_type, feature_used, user_id, ROW(kept.uses, kept.tokens, kept.refusals),
  ROW(by_hour.uses, by_hour.tokens, by_hour.refusals))
FROM (
    SELECT kept.* FROM tollgate.usage_hours AS kept, retained WHERE (kept.hour AT TIME ZONE 'UTC')::date >= retained.first_day
  ) AS kept
  FULL JOIN (SELECT by_hour.* FROM by_hour, retained WHERE by_hour.day >= retained.first_day) AS by_hour
    USING (organization_id, hour, token_type, feature_used, user_id)
WHERE (kept.uses, kept.tokens, kept.refusals) IS DISTINCT FROM (by_hour.uses, by_hour.tokens::bigint, by_hour.refusals)
UNION ALL
-- The others of the hours, whose sums they are: also of days that the ledger no longer has.
SELECT format('day %s of organization %s, %s, feature %s, user %s: %s, its hours have %s', day, organization_id, token_type,
  feature_used, user_id, ROW(kept.uses, kept.tokens, kept.refusals), ROW(of_hours.uses, of_hours.tokens, of_hours.refusals))
FROM tollgate.usage_days AS kept
  FULL JOIN (
    SELECT organization_id, (hour AT TIME ZONE 'UTC')::date AS day, token_type, feature_used, user_id, sum(uses) AS uses,
      sum(tokens) AS tokens, sum(refusals) AS refusals
    FROM tollgate.usage_hours
    GROUP BY organization_id, (hour AT TIME ZONE 'UTC')::date, token_type, feature_used, user_id
  ) AS of_hours USING (organization_id, day, token_type, feature_used, user_id)
WHERE (kept.uses::numeric, kept.tokens::numeric, kept.refusals::numeric)
  IS DISTINCT FROM (of_hours.uses, of_hours.tokens, of_hours.refusals)
UNION ALL
SELECT format('month %s of organization %s, subject %s: %s, its days have %s', month, organization_id, subject,
  ROW(kept.uses, kept.tokens), ROW(of_days.uses, of_days.tokens))
FROM tollgate.usage_months AS kept
  FULL JOIN (
    SELECT day.organization_id, date_trunc('month', day.day::timestamp)::date AS month, whose.subject,
      sum(day.uses) AS uses, sum(day.tokens) AS tokens
    FROM tollgate.usage_days AS day
      CROSS JOIN LATERAL (
        SELECT day.organization_id AS subject
        UNION ALL
        SELECT day.user_id
        WHERE day.user_id NOT IN ('00000000-0000-0000-0000-000000000000', day.organization_id)
      ) AS whose
    WHERE day.uses > 0
    GROUP BY day.organization_id, date_trunc('month', day.day::timestamp), whose.subject
  ) AS of_days USING (organization_id, month, subject)
WHERE (kept.uses::numeric, kept.tokens::numeric) IS DISTINCT FROM (of_days.uses, of_days.tokens)
UNION ALL
SELECT format('hour %s of all organizations, %s, feature %s: %s, organizations have %s', hour, token_type, feature_used,
  ROW(kept.uses, kept.tokens, kept.refusals), ROW(of_all.uses, of_all.tokens, of_all.refusals))
FROM tollgate.service_hours AS kept
  FULL JOIN (
    SELECT hour, token_type, feature_used, sum(uses) AS uses, sum(tokens) AS tokens, sum(refusals) AS refusals
    FROM tollgate.usage_hours
    GROUP BY hour, token_type, feature_used
  ) AS of_all USING (hour, token_type, feature_used)
WHERE (kept.uses::numeric, kept.tokens::numeric, kept.refusals::numeric)
  IS DISTINCT FROM (of_all.uses, of_all.tokens, of_all.refusals)
UNION ALL
SELECT format('day %s of all organizations, %s, feature %s: %s, organizations have %s', day, token_type, feature_used,
  ROW(kept.uses, kept.tokens, kept.refusals), ROW(of_all.uses, of_all.tokens, of_all.refusals))
FROM tollgate.service_days AS kept
  FULL JOIN (
    SELECT day, token_type, feature_used, sum(uses) AS uses, sum(tokens) AS tokens, sum(refusals) AS refusals
    FROM tollgate.usage_days
    GROUP BY day, token_type, feature_used
  ) AS of_all USING (day, token_type, feature_used)
WHERE (kept.uses::numeric, kept.tokens::numeric, kept.refusals::numeric)
  IS DISTINCT FROM (of_all.uses, of_all.tokens, of_all.refusals)
UNION ALL
SELECT format('day %s of balance %s of organization %s: rolled up %s, in the ledger %s', day, token_type, organization_id,
  ROW(kept.used, kept.granted, kept.refunded, kept.balance), ROW(moved.used, moved.granted, moved.refunded, moved.balance))
FROM (
    SELECT kept.* FROM tollgate.balance_days AS kept, retained WHERE kept.day >= retained.first_day
  ) AS kept
  FULL JOIN (
    SELECT organization_id, token_type, day, sum(tokens) AS used, sum(amount + tokens) AS granted,
      sum(refunded) AS refunded,
      (array_agg(balance_after ORDER BY sequence DESC))[1] AS balance
    FROM counted, retained
    WHERE sequence IS NOT NULL AND day >= retained.first_day
    GROUP BY organization_id, token_type, day
  ) AS moved USING (organization_id, token_type, day)
WHERE (kept.used::numeric, kept.granted::numeric, kept.refunded::numeric, kept.balance)
  IS DISTINCT FROM (moved.used, moved.granted, moved.refunded, moved.balance)
UNION ALL
SELECT format('balance %s of organization %s is rolled up to movement %s, and its last is %s', token_type, organization_id,
  rolled.sequence, coalesce(token.ledger_sequence, 0))
FROM tollgate.rolled_balances AS rolled
  LEFT JOIN public.ai_tokens AS token USING (organization_id, token_type)
WHERE rolled.sequence > coalesce(token.ledger_sequence, 0)
UNION ALL
SELECT format('late entry %s of organization %s is no row of the ledger', late.id, late.organization_id)
FROM tollgate.late_entries AS late, retained
WHERE (late.created_at AT TIME ZONE 'UTC')::date >= retained.first_day
  AND NOT EXISTS (
    SELECT
    FROM tollgate.ledger AS entry
    WHERE entry.organization_id = late.organization_id AND entry.id = late.id AND entry.created_at = late.created_at
      AND entry.sequence IS NULL
  )
