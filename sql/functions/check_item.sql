-- What tollgate.check_balances cannot say from the balance's row alone, for one item: what is due, limits, buckets, prices
-- with dimensions, and what is not there. The caller has admitted itself to the organization.
CREATE OR REPLACE FUNCTION tollgate.check_item(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  feature text,
  units bigint,
  request jsonb
) RETURNS TABLE (
  outcome text,
  token_type text,
  required bigint,
  balance bigint,
  available bigint,
  state text,
  price_version integer,
  details jsonb
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
BEGIN
  RETURN QUERY
  SELECT
    CASE
      WHEN asked.verdict IS NULL AND asked.outcome = 'insufficient_tokens' AND asked.available <= 0
        AND asked.allocated = 0 AND tollgate.is_planned(asked.token_type)
      THEN 'not_on_plan'
      ELSE coalesce(asked.verdict, bound.outcome, asked.outcome)
    END,
    asked.token_type,
    asked.cost,
    CASE WHEN asked.is_admitted THEN asked.balance END,
    CASE WHEN asked.is_admitted THEN asked.available END,
    CASE WHEN asked.is_admitted THEN
      tollgate.state_between(asked.available, asked.critical_threshold, asked.warning_threshold)
    END,
    asked.price_version,
    CASE
      WHEN asked.verdict IS NULL THEN
        coalesce(bound.details, CASE asked.outcome
          WHEN 'refilling' THEN
            jsonb_build_object('limit', 'balance', 'retryAfterSeconds', tollgate.refill_wait_seconds(
              asked.cost - asked.available - asked.overdraft, asked.refilled_at, (asked.allocation).refill_tokens,
              (asked.allocation).refill_seconds, moment))
          WHEN 'insufficient_tokens' THEN '{"limit": "balance"}'::jsonb
          WHEN 'critical_balance' THEN '{"limit": "critical_threshold"}'::jsonb
        END)
    END
  FROM (
    SELECT
      found.*,
      tollgate.spending_outcome(found.cost, found.available, found.overdraft,
        CASE WHEN found.critical_blocks THEN found.critical_threshold END,
        CASE WHEN (found.allocation).refill_tokens IS NOT NULL AND found.refilled_at IS NOT NULL THEN
          (found.allocation).tokens + found.purchased + found.overdraft - found.reserved
        END,
        -- Looked at above, for those that have too little alone.
        false) AS outcome,
      CASE
        WHEN NOT found.is_admitted THEN
          CASE tollgate.may_change(found.organization_id, found.user_id, true)
            WHEN 'not_permitted' THEN 'not_permitted'
            ELSE 'forbidden'
          END
        WHEN NOT found.is_known THEN 'unknown_organization'
        WHEN found.token_type IS NULL THEN 'unknown_feature'
        WHEN NOT found.is_priced THEN 'invalid_units'
        WHEN found.cost IS NULL THEN 'amount_out_of_range'
        WHEN found.is_suspended THEN 'organization_suspended'
      END AS verdict
    FROM (
      SELECT
        item.organization_id, item.user_id, item.feature,
        item.membership_required IS FALSE OR EXISTS (
          SELECT
          FROM public.user_profiles AS membership
          WHERE membership.organization_id = item.organization_id AND membership.id = item.user_id
            AND membership.role <> 'viewer'
        ) AS is_admitted,
        token.id IS NOT NULL OR EXISTS (
          SELECT
          FROM public.organizations AS organization
          WHERE organization.id = item.organization_id
        ) AS is_known,
        EXISTS (
          SELECT
          FROM public.organizations AS organization
          WHERE organization.id = item.organization_id AND organization.status = 'suspended'
        ) AS is_suspended,
        offered.token_type,
        offered.price_version,
        offered.is_limited,
        offered.rates IS NULL AND item.request IS NULL
          OR tollgate.units_fit(offered, item.units, item.request -> 'units') AS is_priced,
        CASE
          WHEN offered.rates IS NULL AND item.request IS NULL THEN
            CASE
              WHEN item.units BETWEEN 1 AND 1000000000000000 / greatest(offered.cost, 1) THEN item.units * offered.cost
            END
          ELSE tollgate.price_of(offered, item.units, item.request -> 'units')
        END AS cost,
        coalesce(current.balance, allocation.tokens, 0) AS balance,
        coalesce(current.reserved, 0) AS reserved,
        coalesce(current.balance - current.reserved, allocation.tokens, 0) AS available,
        coalesce(current.overdraft, allocation.overdraft, 0) AS overdraft,
        coalesce(current.purchased, 0) AS purchased,
        coalesce(current.total_allocated, allocation.tokens, 0) AS allocated,
        current.refilled_at,
        allocation,
        kind.critical_blocks,
        tollgate.critical_threshold(coalesce(current.total_allocated, allocation.tokens, 0), kind) AS critical_threshold,
        tollgate.warning_threshold(coalesce(current.total_allocated, allocation.tokens, 0), kind) AS warning_threshold
      FROM (
        SELECT
          check_item.organization_id, check_item.user_id, check_item.membership_required, check_item.feature,
          check_item.units, check_item.request
      ) AS item
        LEFT JOIN tollgate.features AS offered ON offered.feature = item.feature
        LEFT JOIN tollgate.token_types AS kind ON kind.token_type = offered.token_type
        LEFT JOIN public.ai_tokens AS token
          ON token.organization_id = item.organization_id AND token.token_type = offered.token_type
        LEFT JOIN LATERAL (
          SELECT
            token.balance, token.reserved, token.overdraft, token.purchased, token.total_allocated,
            token.refilled_at
          WHERE (token.refresh_date <= moment) IS NOT TRUE AND (token.due_at <= moment) IS NOT TRUE
          UNION ALL
          SELECT
            (due.current).balance, (due.current).reserved, (due.current).overdraft, (due.current).purchased,
            (due.current).total_allocated, (due.current).refilled_at
          FROM tollgate.due_movements(token, moment) AS due
          WHERE token.refresh_date <= moment OR token.due_at <= moment
          OFFSET 0
        ) AS current ON true
        LEFT JOIN LATERAL (
          SELECT (tollgate.allocation_at(item.organization_id, offered.token_type, moment)).allocation AS found
          WHERE token.id IS NULL OR token.refilled_at IS NOT NULL
          OFFSET 0
        ) AS plan ON true
        LEFT JOIN LATERAL (SELECT (plan.found).*) AS allocation ON true
      OFFSET 0
    ) AS found
  ) AS asked
    LEFT JOIN LATERAL (
      SELECT 'limit_reached' AS outcome,
        jsonb_strip_nulls(jsonb_build_object('limit', binding.limit_name,
          'retryAfterSeconds', binding.retry_after_seconds)) AS details
      FROM tollgate.binding_limit(asked.organization_id, asked.user_id, asked.feature, asked.token_type, asked.cost)
        AS binding
      WHERE asked.is_limited AND asked.outcome = 'success' AND asked.verdict IS NULL
        AND binding.limit_name IS NOT NULL
      OFFSET 0
    ) AS bound ON true;
END
$$;
COMMENT ON FUNCTION tollgate.check_item(uuid, uuid, boolean, text, bigint, jsonb) IS
  'Says whether tollgate.settle would grant an item now, whatever it takes to know.';
REVOKE ALL ON FUNCTION tollgate.check_item(uuid, uuid, boolean, text, bigint, jsonb) FROM PUBLIC;
