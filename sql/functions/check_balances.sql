CREATE OR REPLACE FUNCTION tollgate.check_balances(
  organization_ids uuid[],
  user_ids uuid[],
  membership_required boolean[],
  features text[],
  units bigint[]
) RETURNS TABLE (
  item bigint,
  outcome text,
  token_type text,
  required bigint,
  balance bigint,
  available bigint
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
  admitted text := set_config('tollgate.organizations', tollgate.named_organizations(organization_ids), true);
BEGIN
  -- What few items need stands where it is evaluated for them alone: the organization's row is read only for one
  -- without a balance, the plan's allocation only for a balance that is not there or due.
  RETURN QUERY
  SELECT
    asked.n::bigint,
    CASE
      WHEN NOT asked.is_admitted THEN 'forbidden'
      WHEN NOT asked.is_known THEN 'unknown_organization'
      WHEN asked.token_type IS NULL THEN 'unknown_feature'
      WHEN asked.cost IS NULL THEN 'amount_out_of_range'
      WHEN asked.is_suspended THEN 'organization_suspended'
      WHEN asked.cost = 0 OR asked.cost <= asked.balance - asked.reserved THEN 'success'
      ELSE 'insufficient_tokens'
    END,
    asked.token_type,
    asked.cost,
    CASE WHEN asked.is_admitted THEN asked.balance END,
    CASE WHEN asked.is_admitted THEN asked.balance - asked.reserved END
  FROM (
    SELECT
      item.n,
      item.membership_required IS FALSE OR EXISTS (
        SELECT
        FROM public.user_profiles AS membership
        WHERE membership.organization_id = item.organization_id AND membership.id = item.user_id
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
      CASE
        WHEN item.units BETWEEN 1 AND 1000000000000000 / greatest(offered.cost, 1) THEN item.units * offered.cost
      END AS cost,
      CASE
        WHEN token.refresh_date > now() THEN token.balance
        ELSE coalesce(tollgate.current_balance(token, (
          SELECT allocation.tokens
          FROM public.organizations AS organization
            JOIN tollgate.plan_allocations AS allocation ON allocation.plan = organization.plan
          WHERE organization.id = item.organization_id AND allocation.token_type = offered.token_type
        )), 0)
      END AS balance,
      coalesce(token.reserved, 0) AS reserved
    FROM (
      SELECT
        unnest(item_numbers) AS n, unnest(organization_ids) AS organization_id, unnest(user_ids) AS user_id,
        unnest(membership_required) AS membership_required, unnest(features) AS feature, unnest(units) AS units
    ) AS item
      LEFT JOIN tollgate.features AS offered ON offered.feature = item.feature
      LEFT JOIN public.ai_tokens AS token
        ON token.organization_id = item.organization_id AND token.token_type = offered.token_type
    OFFSET 0
  ) AS asked;
  admitted := set_config('tollgate.organizations', '', true);
END
$$;
COMMENT ON FUNCTION tollgate.check_balances(uuid[], uuid[], boolean[], text[], bigint[]) IS
  'Says of each item whether tollgate.settle would grant it now, one by one and without changing anything. A plan without the feature counts as insufficient_tokens.';
REVOKE ALL ON FUNCTION tollgate.check_balances(uuid[], uuid[], boolean[], text[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.check_balances(uuid[], uuid[], boolean[], text[], bigint[]) TO tollgate_server, service_role;
