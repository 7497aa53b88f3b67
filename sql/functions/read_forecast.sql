CREATE OR REPLACE FUNCTION tollgate.read_forecast(
  organization_id uuid,
  user_id uuid,
  membership_required boolean
) RETURNS TABLE (
  outcome text,
  token_type text,
  available bigint,
  tokens_per_day numeric,
  runs_out_at timestamptz,
  refresh_date timestamptz,
  runs_out_before_refresh boolean,
  next_expiry_at timestamptz,
  next_expiry_tokens bigint
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
  first_day CONSTANT date := moment::date - 6;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[read_forecast.organization_id]);
  outcome := tollgate.may_read(read_forecast.organization_id, read_forecast.user_id, read_forecast.membership_required);
  IF outcome <> 'success' THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN NEXT;
    RETURN;
  END IF;
  RETURN QUERY
  SELECT read_forecast.outcome, present.token_type, present.available, present.tokens_per_day, ending.runs_out_at,
    present.refresh_date, coalesce(ending.runs_out_at < present.refresh_date, false), expiring.expires_at, expiring.tokens
  FROM (
    SELECT current.token_type, current.balance - current.reserved AS available, current.refresh_date,
      tollgate.tokens_per_day(coalesce(used.tokens, 0),
        (
          SELECT min(used_at)
          FROM unnest(ARRAY[used.first_used_at, rolled.first_used_at]) AS used_at
        ), moment) AS tokens_per_day
    FROM tollgate.current_balances AS current
      LEFT JOIN tollgate.rolled_balances AS rolled
        ON rolled.organization_id = current.organization_id AND rolled.token_type = current.token_type
      LEFT JOIN (
        SELECT recent.token_type, greatest(0, sum(recent.tokens)) AS tokens, min(recent.first_used_at) AS first_used_at
        FROM (
          SELECT kept.token_type, kept.used - kept.refunded AS tokens, NULL::timestamptz AS first_used_at
          FROM tollgate.balance_days AS kept
          WHERE kept.organization_id = read_forecast.organization_id
            AND kept.day >= first_day
          UNION ALL
          SELECT tail.token_type, CASE WHEN tail.hour >= first_day::timestamptz THEN tail.tokens - tail.refunded ELSE 0 END,
            tail.first_used_at
          FROM tollgate.unrolled_sums(ARRAY[read_forecast.organization_id]) AS tail
          WHERE tail.last_sequence IS NOT NULL
        ) AS recent
        GROUP BY recent.token_type
      ) AS used ON used.token_type = current.token_type
    WHERE current.organization_id = read_forecast.organization_id
  ) AS present
    CROSS JOIN LATERAL (
      SELECT tollgate.runs_out_at(present.available, present.tokens_per_day, moment) AS runs_out_at
    ) AS ending
    LEFT JOIN (
      SELECT DISTINCT ON (pack.token_type) pack.token_type, pack.expires_at, sum(pack.remaining)::bigint AS tokens
      FROM tollgate.packs AS pack
      WHERE pack.organization_id = read_forecast.organization_id
        AND pack.remaining > 0
        AND NOT pack.is_expired
      GROUP BY pack.token_type, pack.expires_at
      ORDER BY pack.token_type, pack.expires_at
    ) AS expiring ON expiring.token_type = present.token_type
  ORDER BY present.token_type;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.read_forecast(uuid, uuid, boolean) IS
  'When an organization''s balances run out if they are used on as they were (tollgate.tokens_per_day): as of now, without the reset that may come before; and when the first of the bought tokens expire. Who may not read it gets one row with the outcome and NULLs.';
REVOKE ALL ON FUNCTION tollgate.read_forecast(uuid, uuid, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_forecast(uuid, uuid, boolean) TO tollgate_server, service_role;
