CREATE OR REPLACE FUNCTION tollgate.bring_up_to_date(organization_ids uuid[], token_types text[]) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH stale AS (
    SELECT
      token.organization_id,
      token.token_type,
      token.ledger_balance AS balance_before,
      token.balance AS balance_found,
      current.balance AS balance_after,
      current.total_allocated,
      current.total_used,
      current.purchased,
      current.refresh_date,
      token.refresh_date AS refresh_date_before,
      token.ledger_sequence AS sequence_before,
      (token.balance <> token.ledger_balance)::integer AS adjustments,
      (token.refresh_date <= now())::integer AS resets
    FROM unnest(organization_ids, token_types) AS named (organization_id, token_type)
      JOIN public.ai_tokens AS token USING (organization_id, token_type)
      JOIN tollgate.current_balances AS current USING (organization_id, token_type)
    WHERE token.balance <> token.ledger_balance OR token.refresh_date <= now()
  ),
  updated AS (
    UPDATE public.ai_tokens AS token
    SET balance = stale.balance_after,
      ledger_balance = stale.balance_after,
      ledger_sequence = stale.sequence_before + stale.adjustments + coalesce(stale.resets, 0),
      total_allocated = stale.total_allocated,
      total_used = stale.total_used,
      purchased = stale.purchased,
      refresh_date = stale.refresh_date,
      updated_at = now()
    FROM stale
    WHERE token.organization_id = stale.organization_id
      AND token.token_type = stale.token_type
      -- Not what somebody else has made of it since: a row that was not locked when this statement began.
      AND (token.balance, token.ledger_balance, token.ledger_sequence, token.refresh_date)
        IS NOT DISTINCT FROM
        (stale.balance_found, stale.balance_before, stale.sequence_before, stale.refresh_date_before)
    RETURNING stale.*
  )
  INSERT INTO tollgate.ledger_entries
    (id, organization_id, token_type, kind, amount, balance_before, balance_after, sequence, metadata)
  SELECT tollgate.time_ordered_id(), organization_id, token_type, 'adjustment', balance_found - balance_before,
    balance_before, balance_found, sequence_before + 1, '{}'::jsonb
  FROM updated
  WHERE adjustments = 1
  UNION ALL
  SELECT tollgate.time_ordered_id(), organization_id, token_type, 'reset', balance_after - balance_found,
    balance_found, balance_after, sequence_before + adjustments + 1,
    jsonb_build_object(
      'periodEnd', refresh_date_before,
      'periods', round(extract(epoch FROM refresh_date - refresh_date_before) / 2592000),
      'nextPeriodEnd', refresh_date)
  FROM updated
  WHERE resets = 1
$$;
COMMENT ON FUNCTION tollgate.bring_up_to_date(uuid[], text[]) IS
  'Books what happened to these balances outside of settlement: a change by hand becomes an adjustment, a period that is over a reset. A row that another transaction changes meanwhile is left as it is: the caller locks and looks again.';
REVOKE ALL ON FUNCTION tollgate.bring_up_to_date(uuid[], text[]) FROM PUBLIC;
