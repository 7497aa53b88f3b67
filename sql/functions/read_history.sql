CREATE OR REPLACE FUNCTION tollgate.read_history(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  from_day date,
  to_day date,
  only_token_type text DEFAULT NULL
) RETURNS TABLE (
  outcome text,
  token_type text,
  day timestamptz,
  used bigint,
  granted bigint,
  balance bigint
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[read_history.organization_id]);
  outcome := tollgate.may_read(read_history.organization_id, read_history.user_id, read_history.membership_required);
  IF outcome <> 'success' THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN NEXT;
    RETURN;
  END IF;
  RETURN QUERY
  WITH tail AS MATERIALIZED (
    SELECT looked.token_type, looked.hour, looked.tokens, looked.change, looked.balance, looked.last_sequence
    FROM tollgate.unrolled_sums(ARRAY[read_history.organization_id]) AS looked
    WHERE looked.last_sequence IS NOT NULL
      AND looked.hour < to_day::timestamptz
  ),
  moved AS (
    SELECT before.token_type, NULL::date AS day, before.used, before.granted, before.balance, before.last_sequence
    FROM public.ai_tokens AS token
      CROSS JOIN LATERAL (
        SELECT kept.*
        FROM tollgate.balance_days AS kept
        WHERE kept.organization_id = token.organization_id
          AND kept.token_type = token.token_type
          AND kept.day < from_day
        ORDER BY kept.day DESC
        LIMIT 1
      ) AS before
    WHERE token.organization_id = read_history.organization_id
    UNION ALL
    SELECT kept.token_type, kept.day, kept.used, kept.granted, kept.balance, kept.last_sequence
    FROM tollgate.balance_days AS kept
    WHERE kept.organization_id = read_history.organization_id
      AND kept.day >= from_day
      AND kept.day < to_day
    UNION ALL
    SELECT tail.token_type,
      CASE WHEN tail.hour >= from_day::timestamptz THEN tail.hour::date END,
      tail.tokens, tail.change + tail.tokens, tail.balance, tail.last_sequence
    FROM tail
  )
  SELECT read_history.outcome, moved.token_type, moved.day::timestamptz,
    CASE WHEN moved.day IS NOT NULL THEN sum(moved.used)::bigint END,
    CASE WHEN moved.day IS NOT NULL THEN sum(moved.granted)::bigint END,
    (array_agg(moved.balance ORDER BY moved.last_sequence DESC))[1]
  FROM moved
  WHERE only_token_type IS NULL OR moved.token_type = only_token_type
  GROUP BY moved.token_type, moved.day
  ORDER BY moved.day NULLS FIRST, moved.token_type;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.read_history(uuid, uuid, boolean, date, date, text) IS
  'What became of an organization''s balances on each day (UTC) on which they moved, from from_day on and before to_day, oldest first: the balance after the day''s last movement, what uses took, and what all other movements added. First, with NULL for the day, used and granted, the balance after the last movement before from_day, where there was one. Who may not read it gets one row with the outcome and NULLs.';
REVOKE ALL ON FUNCTION tollgate.read_history(uuid, uuid, boolean, date, date, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_history(uuid, uuid, boolean, date, date, text) TO tollgate_server, service_role;
