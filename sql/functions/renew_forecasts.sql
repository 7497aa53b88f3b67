CREATE OR REPLACE FUNCTION tollgate.renew_forecasts(organization_ids uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
BEGIN
  WITH standing AS MATERIALIZED (
    SELECT
      token.organization_id, token.token_type, token.balance - token.reserved AS available,
      token.total_allocated AS allocated,
      least(2147483647, greatest(-2147483648,
        floor(100.0 * (token.balance - token.reserved) / nullif(token.total_allocated, 0))))::integer AS percent_left,
      tollgate.balance_state(token.balance - token.reserved, token.total_allocated, kind) AS state,
      tollgate.tokens_per_day(
        coalesce((
          SELECT greatest(0, sum(day.used - day.refunded))
          FROM tollgate.balance_days AS day
          WHERE day.organization_id = token.organization_id
            AND day.token_type = token.token_type
            AND day.day >= (moment AT TIME ZONE 'UTC')::date - 6
        ), 0), rolled.first_used_at, moment) AS tokens_per_day
    FROM tollgate.rolled_balances AS rolled
      JOIN public.ai_tokens AS token
        ON token.organization_id = rolled.organization_id AND token.token_type = rolled.token_type
      JOIN tollgate.token_types AS kind ON kind.token_type = token.token_type
    WHERE rolled.organization_id = ANY (organization_ids)
  )
  UPDATE tollgate.rolled_balances AS kept
  SET available = standing.available,
    allocated = standing.allocated,
    percent_left = standing.percent_left,
    state = standing.state,
    tokens_per_day = standing.tokens_per_day,
    runs_out_at = tollgate.runs_out_at(standing.available, standing.tokens_per_day, moment),
    forecast_at = moment
  FROM standing
  WHERE kept.organization_id = standing.organization_id
    AND kept.token_type = standing.token_type;
END
$$;
COMMENT ON FUNCTION tollgate.renew_forecasts(uuid[]) IS
  'Works out anew how the balances of these organizations stand, and when they run out.';
REVOKE ALL ON FUNCTION tollgate.renew_forecasts(uuid[]) FROM PUBLIC;
