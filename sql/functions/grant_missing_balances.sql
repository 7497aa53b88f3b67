CREATE OR REPLACE FUNCTION tollgate.grant_missing_balances(organization_ids uuid[]) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH granted AS (
    INSERT INTO public.ai_tokens
      (organization_id, token_type, balance, ledger_balance, ledger_sequence, total_allocated, refresh_date, overdraft,
       announced, period_anchor, refilled_at, due_at)
    SELECT organization.id, allocation.token_type, allocation.tokens, allocation.tokens, 1, allocation.tokens,
      tollgate.period_end(allocation.period, allocation.period_days, NULL,
        CASE WHEN allocation.anchored THEN tollgate.moment() END, organization.time_zone, tollgate.moment()),
      allocation.overdraft,
      tollgate.state_level(tollgate.balance_state(allocation.tokens, allocation.tokens, kind)),
      tollgate.moment(),
      CASE WHEN allocation.refill_tokens IS NOT NULL THEN tollgate.moment() END,
      CASE WHEN allocation.refill_tokens IS NOT NULL THEN '-infinity'::timestamptz END
    FROM public.organizations AS organization
      JOIN tollgate.plan_allocations AS allocation
        ON allocation.plan = CASE
          WHEN organization.next_plan_from <= tollgate.moment() THEN organization.next_plan
          ELSE organization.plan
        END
      JOIN tollgate.token_types AS kind ON kind.token_type = allocation.token_type
    WHERE organization.id = ANY (organization_ids)
    ORDER BY organization.id, allocation.token_type
    ON CONFLICT (organization_id, token_type) DO NOTHING
    RETURNING organization_id, token_type, balance
  )
  INSERT INTO tollgate.ledger_entries
    (id, organization_id, token_type, kind, amount, balance_before, balance_after, sequence, reason, created_at)
  SELECT tollgate.time_ordered_id(), organization_id, token_type, 'allocation', balance, 0, balance, 1, 'plan',
    tollgate.moment()
  FROM granted
$$;
COMMENT ON FUNCTION tollgate.grant_missing_balances(uuid[]) IS
  'Gives organizations the balances that their plan has and they lack, each with its allocation in the ledger. The caller has admitted itself to them.';
REVOKE ALL ON FUNCTION tollgate.grant_missing_balances(uuid[]) FROM PUBLIC;
