CREATE OR REPLACE FUNCTION tollgate.bring_up_to_date(organization_ids uuid[], token_types text[]) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  due public.ai_tokens[];
BEGIN
  -- What somebody else has locked is being brought up to date there.
  SELECT array_agg(locked.token)
  INTO due
  FROM (
    SELECT token
    FROM unnest(organization_ids, token_types) AS named (organization_id, token_type)
      JOIN public.ai_tokens AS token USING (organization_id, token_type)
    WHERE token.balance <> token.ledger_balance
      OR token.refresh_date <= tollgate.moment()
      OR token.due_at <= tollgate.moment()
    ORDER BY token.organization_id, token.token_type
    FOR NO KEY UPDATE OF token SKIP LOCKED
  ) AS locked;
  IF due IS NULL THEN
    RETURN 0;
  END IF;
  -- What expires gives back what limits have counted; they are locked after the balances, as in settlement.
  PERFORM tollgate.lock_limits(array_agg(token.organization_id))
  FROM unnest(due) AS token
  WHERE token.reserved > 0
  HAVING count(*) > 0;
  FOR number IN 1..cardinality(due) LOOP
    due[number] := tollgate.apply_due(due[number]);
  END LOOP;
  RETURN tollgate.write_balances(due);
END
$$;
COMMENT ON FUNCTION tollgate.bring_up_to_date(uuid[], text[]) IS
  'Books everything that is due to these balances: a change by hand becomes an adjustment, a period that is over a reset, packs and reservations expire. Returns how many it changed. Rows that another transaction has locked are left to it.';
REVOKE ALL ON FUNCTION tollgate.bring_up_to_date(uuid[], text[]) FROM PUBLIC;
