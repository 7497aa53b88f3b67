CREATE OR REPLACE FUNCTION tollgate.lock_balances(
  organization_ids uuid[],
  token_types text[],
  OUT is_present boolean[],
  OUT balances bigint[],
  OUT reserved bigint[],
  OUT used bigint[],
  OUT sequences bigint[],
  OUT without_plan boolean[],
  OUT critical_thresholds bigint[],
  OUT warning_thresholds bigint[]
)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  present_count bigint;
  stale_count bigint;
BEGIN
  FOR attempt IN 1..2 LOOP
    -- Every transaction locks in key order, which is what keeps several servers from deadlocking.
    SELECT count(*), count(*) FILTER (WHERE locked.refresh_date <= now() OR locked.balance <> locked.ledger_balance)
    INTO present_count, stale_count
    FROM (
      SELECT token.refresh_date, token.balance, token.ledger_balance
      FROM unnest(organization_ids, token_types) WITH ORDINALITY AS named (organization_id, token_type, slot)
        JOIN public.ai_tokens AS token USING (organization_id, token_type)
      ORDER BY token.organization_id, token.token_type
      FOR NO KEY UPDATE OF token
    ) AS locked;
    EXIT WHEN attempt = 2 OR (present_count = cardinality(token_types) AND stale_count = 0);
    IF present_count < cardinality(token_types) THEN
      PERFORM tollgate.grant_missing_balances(organization_ids);
    END IF;
    PERFORM tollgate.bring_up_to_date(organization_ids, token_types);
  END LOOP;

  SELECT
    array_agg(token.organization_id IS NOT NULL ORDER BY slot),
    array_agg(coalesce(token.balance, 0) ORDER BY slot),
    array_agg(coalesce(token.reserved, 0) ORDER BY slot),
    array_agg(coalesce(token.total_used, 0) ORDER BY slot),
    array_agg(coalesce(token.ledger_sequence, 0) ORDER BY slot),
    array_agg(coalesce(token.total_allocated, 0) = 0 AND EXISTS (
      SELECT FROM tollgate.plan_allocations AS allocation WHERE allocation.token_type = named.token_type) ORDER BY slot),
    array_agg(tollgate.critical_threshold(coalesce(token.total_allocated, 0), kind) ORDER BY slot),
    array_agg(tollgate.warning_threshold(coalesce(token.total_allocated, 0), kind) ORDER BY slot)
  INTO is_present, balances, reserved, used, sequences, without_plan, critical_thresholds, warning_thresholds
  FROM unnest(organization_ids, token_types) WITH ORDINALITY AS named (organization_id, token_type, slot)
    JOIN tollgate.token_types AS kind USING (token_type)
    LEFT JOIN public.ai_tokens AS token USING (organization_id, token_type);
END
$$;
COMMENT ON FUNCTION tollgate.lock_balances(uuid[], text[]) IS
  'Locks balances named in key order, books what is due to them, and returns them as arrays in that order. A balance that does not exist and that the plan does not grant comes back as 0 and not present.';
REVOKE ALL ON FUNCTION tollgate.lock_balances(uuid[], text[]) FROM PUBLIC;
