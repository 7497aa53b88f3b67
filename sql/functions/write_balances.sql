CREATE OR REPLACE FUNCTION tollgate.write_balances(tokens public.ai_tokens[]) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  written integer;
BEGIN
  UPDATE public.ai_tokens AS token
  SET balance = changed.balance,
    ledger_balance = changed.balance,
    ledger_sequence = changed.ledger_sequence,
    total_allocated = changed.total_allocated,
    total_used = changed.total_used,
    reserved = changed.reserved,
    purchased = greatest(0, least(changed.purchased, changed.balance)),
    purchased_sequence = changed.purchased_sequence,
    overdraft = changed.overdraft,
    refresh_date = changed.refresh_date,
    announced = changed.announced,
    request_below = changed.request_below,
    due_at = changed.due_at,
    refilled_at = changed.refilled_at,
    last_used_at = changed.last_used_at,
    updated_at = now()
  FROM unnest(tokens) AS changed
  WHERE token.organization_id = changed.organization_id AND token.token_type = changed.token_type
    AND token.* IS DISTINCT FROM changed.*;
  GET DIAGNOSTICS written = ROW_COUNT;
  RETURN written;
END
$$;
COMMENT ON FUNCTION tollgate.write_balances(public.ai_tokens[]) IS
  'Writes balances that the caller has locked, where they are not as they were, and returns how many.';
REVOKE ALL ON FUNCTION tollgate.write_balances(public.ai_tokens[]) FROM PUBLIC;
