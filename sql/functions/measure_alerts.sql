CREATE OR REPLACE FUNCTION tollgate.measure_alerts(organization_ids uuid[], conditions text[])
RETURNS TABLE (
  organization_id uuid,
  alert_id uuid,
  condition text,
  token_type text,
  threshold bigint,
  available bigint,
  allocated bigint,
  value bigint,
  holds boolean
)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH rule AS MATERIALIZED (
    SELECT known.*
    FROM tollgate.alerts AS known
    WHERE known.active
      AND known.condition = ANY (conditions)
      AND (known.organization_id = '00000000-0000-0000-0000-000000000000' OR known.organization_id = ANY (organization_ids))
  ),
  token AS MATERIALIZED (
    SELECT known AS row, (least(known.refresh_date, known.due_at) <= tollgate.moment()) IS TRUE AS is_due
    FROM public.ai_tokens AS known
    WHERE known.organization_id = ANY (organization_ids)
  ),
  current AS (
    SELECT (token.row).*
    FROM token
    WHERE NOT token.is_due
    UNION ALL
    -- As tollgate.current_balances has it: what has fallen due counts, whether or not it is booked.
    SELECT (due.current).*
    FROM token
      CROSS JOIN LATERAL tollgate.due_movements(token.row, tollgate.moment()) AS due
    WHERE token.is_due
  ),
  balance AS MATERIALIZED (
    SELECT current.organization_id, current.token_type, current.balance - current.reserved AS available,
      current.total_allocated AS allocated,
      -- Nobody is told that tokens run out which a plan does not have.
      current.total_allocated > 0 OR current.balance <> 0 OR current.total_used > 0 OR EXISTS (
        SELECT
        FROM tollgate.token_packs AS pack
        WHERE pack.organization_id = current.organization_id AND pack.token_type = current.token_type
      ) AS is_there
    FROM current
  ),
  rate AS MATERIALIZED (
    SELECT watched.organization_id, wanted.condition, used.token_type, used.tokens_per_hour
    FROM unnest(organization_ids) AS watched (organization_id)
      CROSS JOIN (VALUES ('tokens_per_hour_above', 1), ('runs_out_within_hours', 24)) AS wanted (condition, hours)
      CROSS JOIN LATERAL tollgate.usage_rates(watched.organization_id, wanted.hours) AS used
    WHERE EXISTS (
      SELECT
      FROM rule
      WHERE rule.condition = wanted.condition AND rule.organization_id IN (watched.organization_id, '00000000-0000-0000-0000-000000000000')
    )
  ),
  measured AS (
    SELECT balance.organization_id, rule.alert_id, rule.condition, balance.token_type, rule.threshold,
      balance.available, balance.allocated, coalesce(rate.tokens_per_hour, 0) AS tokens_per_hour
    FROM balance
      JOIN rule
        ON rule.organization_id IN (balance.organization_id, '00000000-0000-0000-0000-000000000000')
        AND (rule.token_type = balance.token_type) IS NOT FALSE
      LEFT JOIN rate
        ON rate.organization_id = balance.organization_id
        AND rate.token_type = balance.token_type
        AND rate.condition = rule.condition
    WHERE balance.is_there
  )
  SELECT measured.organization_id, measured.alert_id, measured.condition, measured.token_type, measured.threshold,
    measured.available, measured.allocated,
    CASE measured.condition
      WHEN 'available_below' THEN measured.available
      WHEN 'percent_left_below' THEN floor(measured.available * 100.0 / nullif(measured.allocated, 0))
      WHEN 'runs_out_within_hours' THEN
        CASE
          WHEN measured.tokens_per_hour > 0
            THEN floor(least(greatest(measured.available, 0) / measured.tokens_per_hour, 1000000))
        END
      ELSE round(measured.tokens_per_hour)
    END::bigint,
    CASE measured.condition
      WHEN 'available_below' THEN measured.available < measured.threshold
      WHEN 'percent_left_below' THEN
        measured.allocated > 0 AND measured.available * 100.0 < measured.allocated::numeric * measured.threshold
      WHEN 'runs_out_within_hours' THEN
        measured.tokens_per_hour > 0 AND measured.available <= measured.tokens_per_hour * measured.threshold
      ELSE measured.tokens_per_hour > measured.threshold
    END
  FROM measured
$$;
COMMENT ON FUNCTION tollgate.measure_alerts(uuid[], text[]) IS
  'Each rule with one of these conditions held against each balance of these organizations that it is about: the value, in the unit of the threshold, and whether the condition holds. The caller has admitted itself to them and to the nil UUID.';
REVOKE ALL ON FUNCTION tollgate.measure_alerts(uuid[], text[]) FROM PUBLIC;
