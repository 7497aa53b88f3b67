CREATE OR REPLACE FUNCTION tollgate.check_balances(
  organization_ids uuid[],
  user_ids uuid[],
  membership_required boolean[],
  features text[],
  units bigint[],
  requests jsonb[] DEFAULT NULL
) RETURNS TABLE (
  item bigint,
  outcome text,
  token_type text,
  required bigint,
  balance bigint,
  available bigint,
  state text,
  price_version integer,
  details jsonb
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET jit = off
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off
SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
  item_numbers CONSTANT integer[] := array_positions(array_fill(1, ARRAY[cardinality(features)]), 1);
  moment CONSTANT timestamptz := tollgate.moment();
  admitted text := set_config('tollgate.organizations', tollgate.named_organizations(organization_ids), true);
BEGIN
  -- Most items are about a balance that is there and due for nothing: its row says all. The others are asked about alone.
  RETURN QUERY
  SELECT
    asked.n::bigint,
    CASE
      WHEN NOT asked.is_plain THEN special.outcome
      WHEN NOT asked.is_admitted THEN
        CASE tollgate.may_change(asked.organization_id, asked.user_id, true)
          WHEN 'not_permitted' THEN 'not_permitted'
          ELSE 'forbidden'
        END
      WHEN asked.cost IS NULL THEN 'amount_out_of_range'
      WHEN asked.is_suspended THEN 'organization_suspended'
      WHEN asked.outcome = 'insufficient_tokens' AND asked.available <= 0 AND asked.total_allocated = 0
        AND tollgate.is_planned(asked.token_type)
      THEN 'not_on_plan'
      ELSE asked.outcome
    END,
    asked.token_type,
    CASE WHEN asked.is_plain THEN asked.cost ELSE special.required END,
    CASE WHEN NOT asked.is_plain THEN special.balance WHEN asked.is_admitted THEN asked.balance END,
    CASE WHEN NOT asked.is_plain THEN special.available WHEN asked.is_admitted THEN asked.available END,
    CASE WHEN NOT asked.is_plain THEN special.state WHEN asked.is_admitted THEN asked.state END,
    asked.price_version,
    CASE
      WHEN NOT asked.is_plain THEN special.details
      WHEN NOT asked.is_admitted OR asked.is_suspended OR asked.cost IS NULL THEN NULL
      WHEN asked.outcome = 'insufficient_tokens' THEN '{"limit": "balance"}'::jsonb
      WHEN asked.outcome = 'critical_balance' THEN '{"limit": "critical_threshold"}'::jsonb
    END
  FROM (
    SELECT
      found.*,
      tollgate.spending_outcome(found.cost, found.available, found.overdraft, found.blocked_below, NULL, false) AS outcome
    FROM (
      SELECT
        item.n, item.organization_id, item.user_id, item.membership_required, item.feature, item.units, item.request,
        coalesce(
          offered.rates IS NULL AND NOT offered.is_limited AND item.request IS NULL AND token.id IS NOT NULL
            AND (token.refresh_date <= moment) IS NOT TRUE AND (token.due_at <= moment) IS NOT TRUE, false) AS is_plain,
        item.membership_required IS FALSE OR EXISTS (
          SELECT
          FROM public.user_profiles AS membership
          WHERE membership.organization_id = item.organization_id AND membership.id = item.user_id
            AND membership.role <> 'viewer'
        ) AS is_admitted,
        EXISTS (
          SELECT
          FROM public.organizations AS organization
          WHERE organization.id = item.organization_id AND organization.status = 'suspended'
        ) AS is_suspended,
        offered.token_type,
        offered.price_version,
        CASE
          WHEN item.units BETWEEN 1 AND 1000000000000000 / greatest(offered.cost, 1) THEN item.units * offered.cost
        END AS cost,
        token.balance,
        token.balance - token.reserved AS available,
        token.overdraft,
        token.total_allocated,
        CASE WHEN kind.critical_blocks THEN tollgate.critical_threshold(token.total_allocated, kind) END AS blocked_below,
        tollgate.balance_state(token.balance - token.reserved, token.total_allocated, kind) AS state
      FROM (
        SELECT
          unnest(item_numbers) AS n, unnest(organization_ids) AS organization_id, unnest(user_ids) AS user_id,
          unnest(membership_required) AS membership_required, unnest(features) AS feature, unnest(units) AS units,
          unnest(requests) AS request
      ) AS item
        LEFT JOIN tollgate.features AS offered ON offered.feature = item.feature
        LEFT JOIN tollgate.token_types AS kind ON kind.token_type = offered.token_type
        LEFT JOIN public.ai_tokens AS token
          ON token.organization_id = item.organization_id AND token.token_type = offered.token_type
      OFFSET 0
    ) AS found
  ) AS asked
    LEFT JOIN LATERAL (
      SELECT found.*
      FROM tollgate.check_item(asked.organization_id, asked.user_id, asked.membership_required, asked.feature,
        asked.units, asked.request) AS found
      WHERE NOT asked.is_plain
      -- Keeps the condition with the function, which is called for nothing else then.
      OFFSET 0
    ) AS special ON true;
  admitted := set_config('tollgate.organizations', '', true);
END
$$;
COMMENT ON FUNCTION tollgate.check_balances(uuid[], uuid[], boolean[], text[], bigint[], jsonb[]) IS
  'Says of each item whether tollgate.settle would grant it now, one by one and without changing anything.';
REVOKE ALL ON FUNCTION tollgate.check_balances(uuid[], uuid[], boolean[], text[], bigint[], jsonb[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.check_balances(uuid[], uuid[], boolean[], text[], bigint[], jsonb[]) TO tollgate_server, service_role;
