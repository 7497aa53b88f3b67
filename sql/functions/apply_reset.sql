CREATE OR REPLACE FUNCTION tollgate.apply_reset(id uuid, token public.ai_tokens) RETURNS tollgate.applied
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  applied tollgate.applied;
  allocated CONSTANT tollgate.plan_allocations := policy.allocation
    FROM tollgate.allocation_at(token.organization_id, token.token_type, tollgate.moment()) AS policy;
  balance_after CONSTANT bigint := tollgate.balance_after_reset(
    token, coalesce(allocated.tokens, 0), coalesce(allocated.rollover_cap, 0), token.overdraft, 1);
BEGIN
  applied.amount := balance_after - token.balance;
  applied.entry := tollgate.movement(token, 'reset', applied.amount, 'by_hand', NULL, NULL, NULL, id);
  token.balance := balance_after;
  token.ledger_balance := balance_after;
  token.ledger_sequence := token.ledger_sequence + 1;
  token.total_allocated := coalesce(allocated.tokens, 0);
  token.total_used := 0;
  applied.outcome := 'success';
  applied.token := token;
  applied.details := jsonb_build_object('amount', applied.amount);
  RETURN applied;
END
$$;
COMMENT ON FUNCTION tollgate.apply_reset(uuid, public.ai_tokens) IS
  'Gives a balance its allocation anew, as an administrator says, within the period: the period''s end stays. The caller has locked it.';
REVOKE ALL ON FUNCTION tollgate.apply_reset(uuid, public.ai_tokens) FROM PUBLIC;
