-- The movements of a change of plan that takes effect at once, written. `earlier` are the movements of this kind that the
-- ledger has of the organization; those of a balance's present period say what it began with and what it was granted.
CREATE OR REPLACE FUNCTION tollgate.move_balances_to_plan(
  organization_id uuid,
  plan_before text,
  plan_after text,
  earlier tollgate.ledger_entries[]
) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH compared AS (
    SELECT
      token.organization_id, token.token_type, token.balance, token.purchased, token.reserved, token.total_allocated,
      token.ledger_sequence, token.refresh_date, token.period_anchor, token.refilled_at, token.due_at, token.announced,
      kind,
      coalesce(before.tokens, 0) AS tokens_before,
      coalesce(after.tokens, 0) AS tokens_after,
      coalesce(after.overdraft, 0) AS overdraft,
      after.refill_tokens IS NOT NULL AS is_bucket,
      after.refill_tokens IS NOT NULL AND before.refill_tokens IS NULL AS becomes_bucket,
      coalesce(after.anchored AND before.anchored IS NOT TRUE, false) AS becomes_anchored,
      CASE WHEN after.plan IS NOT NULL AND token.refresh_date IS NULL THEN
        tollgate.period_end(after.period, after.period_days, NULL,
          CASE WHEN after.anchored THEN tollgate.moment() END, organization.time_zone, tollgate.moment())
      END AS first_period_end,
      coalesce(period.was_granted, false) AS was_granted,
      period.has_changed,
      coalesce(period.began_with, token.total_allocated) AS began_with
    FROM public.ai_tokens AS token
      JOIN public.organizations AS organization ON organization.id = token.organization_id
      JOIN tollgate.token_types AS kind ON kind.token_type = token.token_type
      LEFT JOIN tollgate.plan_allocations AS before
        ON before.plan = plan_before AND before.token_type = token.token_type
      LEFT JOIN tollgate.plan_allocations AS after
        ON after.plan = plan_after AND after.token_type = token.token_type
      CROSS JOIN LATERAL (
        SELECT
          count(*) > 0 AS has_changed,
          bool_or(entry.reason = 'plan_upgrade' AND entry.metadata ->> 'plan' = plan_after) AS was_granted,
          (array_agg((entry.metadata ->> 'allocatedBefore')::bigint ORDER BY entry.sequence))[1] AS began_with
        FROM unnest(earlier) AS entry
        WHERE entry.token_type = token.token_type
          AND (entry.metadata ->> 'periodEnd')::timestamptz IS NOT DISTINCT FROM token.refresh_date
      ) AS period
    WHERE token.organization_id = move_balances_to_plan.organization_id
      AND (before.plan IS NOT NULL OR after.plan IS NOT NULL)
  ),
  decided AS (
    SELECT
      compared.*,
      tokens_after < tokens_before AS is_cut,
      -- In an upgrade each type is granted; where another type gets less only those that get more.
      tokens_after >= tokens_before
        AND (tokens_after > tokens_before OR difference.has_more AND NOT difference.has_less)
        -- Once a period: not where this plan was granted before, or the period began with as much.
        AND NOT was_granted
        AND (began_with < tokens_after
          OR began_with = tokens_after AND tokens_before = tokens_after AND NOT has_changed) AS is_granted
    FROM compared
      CROSS JOIN tollgate.plan_difference(plan_before, plan_after) AS difference
  ),
  worked_out AS (
    SELECT
      decided.*,
      CASE
        -- What is held stays, whatever the plan.
        WHEN is_cut THEN
          greatest(purchased + least(balance - purchased, tokens_after), least(balance, reserved))
        -- A bucket does not hold more than its capacity.
        WHEN is_granted AND is_bucket THEN greatest(balance, least(balance, purchased) + tokens_after)
        WHEN is_granted THEN balance + tokens_after
        ELSE balance
      END AS balance_after,
      CASE
        WHEN is_cut OR is_granted AND is_bucket THEN tokens_after
        WHEN is_granted THEN total_allocated + tokens_after
        -- Granted before, or the period began with it: these tokens belong to the plan, even if none are left.
        ELSE greatest(total_allocated, tokens_after)
      END AS allocated_after
    FROM decided
  ),
  moved AS (
    SELECT
      worked_out.*,
      (balance_after <> balance OR allocated_after <> total_allocated) AS is_movement
    FROM worked_out
  ),
  booked AS (
    INSERT INTO tollgate.ledger_entries
      (id, organization_id, token_type, kind, amount, balance_before, balance_after, sequence, reason, metadata,
       created_at)
    SELECT
      tollgate.time_ordered_id(), organization_id, token_type,
      CASE WHEN is_cut THEN 'adjustment' ELSE 'allocation' END,
      balance_after - balance, balance, balance_after, ledger_sequence + 1,
      CASE WHEN is_cut THEN 'plan_downgrade' ELSE 'plan_upgrade' END,
      jsonb_build_object('plan', plan_after, 'from', plan_before, 'periodEnd', coalesce(refresh_date, first_period_end),
        'allocatedBefore', total_allocated, 'allocatedAfter', allocated_after),
      tollgate.moment()
    FROM moved
    WHERE is_movement
    ORDER BY token_type
  )
  UPDATE public.ai_tokens AS token
  SET balance = moved.balance_after,
    ledger_balance = moved.balance_after,
    ledger_sequence = moved.ledger_sequence + moved.is_movement::integer,
    total_allocated = moved.allocated_after,
    purchased = greatest(0, least(moved.purchased, moved.balance_after)),
    overdraft = greatest(moved.overdraft, moved.reserved - moved.balance_after),
    -- Tokens that were granted make a new start: each level may be announced again.
    announced = CASE
      WHEN moved.is_granted THEN tollgate.state_level(
        tollgate.balance_state(moved.balance_after - moved.reserved, moved.allocated_after, moved.kind))
      ELSE moved.announced
    END,
    -- The present period ends when it would have ended. Anchored months count from there.
    refresh_date = coalesce(moved.refresh_date, moved.first_period_end),
    period_anchor = CASE
      WHEN moved.becomes_anchored THEN coalesce(moved.refresh_date, tollgate.moment())
      ELSE moved.period_anchor
    END,
    refilled_at = CASE WHEN moved.becomes_bucket THEN tollgate.moment() ELSE moved.refilled_at END,
    due_at = CASE WHEN moved.is_bucket THEN '-infinity' ELSE moved.due_at END,
    updated_at = now()
  FROM moved
  WHERE token.organization_id = moved.organization_id
    AND token.token_type = moved.token_type
$$;
COMMENT ON FUNCTION tollgate.move_balances_to_plan(uuid, text, text, tollgate.ledger_entries[]) IS
  'Grants or cuts the balances that either plan allocates. The caller has locked them and brought them up to date, and changes the organization''s plan.';
REVOKE ALL ON FUNCTION tollgate.move_balances_to_plan(uuid, text, text, tollgate.ledger_entries[]) FROM PUBLIC;
