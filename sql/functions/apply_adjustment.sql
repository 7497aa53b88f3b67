CREATE OR REPLACE FUNCTION tollgate.apply_adjustment(request jsonb, id uuid, token public.ai_tokens) RETURNS tollgate.applied
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  applied tollgate.applied;
  -- By so much, or to what an upstream says it is.
  amount CONSTANT numeric := coalesce(
    (request ->> 'amount')::numeric, (request ->> 'balance')::numeric - token.balance);
BEGIN
  applied.token := token;
  IF amount IS NULL THEN
    RAISE EXCEPTION 'An adjustment has an amount or a balance.' USING ERRCODE = 'TG400';
  END IF;
  -- A figure may be what the balance is already; nobody asks for 0 tokens more.
  IF (request ->> 'amount')::numeric = 0
    OR abs(amount) > 1000000000000000
    OR token.balance + amount > 1000000000000000000
    OR token.balance + amount - token.reserved < -token.overdraft
  THEN
    applied.outcome := 'amount_out_of_range';
    RETURN applied;
  END IF;
  applied.entry := tollgate.movement(token, 'adjustment', amount::bigint, coalesce(request ->> 'reason', 'adjusted'),
    NULL, NULL, NULL, id);
  token.balance := token.balance + amount::bigint;
  token.ledger_balance := token.balance;
  token.ledger_sequence := token.ledger_sequence + 1;
  token.purchased := greatest(0, least(token.purchased, token.balance));
  applied.outcome := 'success';
  applied.token := token;
  applied.amount := amount::bigint;
  applied.details := jsonb_build_object('amount', amount);
  RETURN applied;
END
$$;
COMMENT ON FUNCTION tollgate.apply_adjustment(jsonb, uuid, public.ai_tokens) IS
  'Changes a balance as an administrator says: by an amount, or to a balance. The caller has locked it.';
REVOKE ALL ON FUNCTION tollgate.apply_adjustment(jsonb, uuid, public.ai_tokens) FROM PUBLIC;
