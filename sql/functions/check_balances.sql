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
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off
SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
  admitted text := set_config('tollgate.organizations', organization_ids::text, true);
BEGIN
  RETURN QUERY
  SELECT
    asked.n,
    CASE
      WHEN NOT asked.is_admitted THEN 'forbidden'
      WHEN NOT asked.is_known THEN 'unknown_organization'
      WHEN asked.token_type IS NULL THEN 'unknown_feature'
      WHEN asked.cost IS NULL THEN 'amount_out_of_range'
      WHEN asked.status = 'suspended' THEN 'organization_suspended'
      WHEN asked.cost = 0 OR asked.cost <= asked.balance - asked.reserved THEN 'success'
      ELSE 'insufficient_tokens'
    END,
    asked.token_type,
    asked.cost,
    CASE WHEN asked.is_admitted THEN asked.balance END,
    CASE WHEN asked.is_admitted THEN asked.balance - asked.reserved END
  FROM (
    SELECT
      named.n,
      membership.id IS NOT NULL OR NOT coalesce(named.membership_required, true) AS is_admitted,
      organization.id IS NOT NULL AS is_known,
      organization.status,
      offered.token_type,
      CASE
        WHEN named.units BETWEEN 1 AND 1000000000000000 / greatest(offered.cost, 1)
          THEN named.units * offered.cost
      END AS cost,
      coalesce(tollgate.current_balance(token, allocation.tokens), 0) AS balance,
      coalesce(token.reserved, 0) AS reserved
    FROM unnest(organization_ids, user_ids, membership_required, features, units) WITH ORDINALITY
        AS named (organization_id, user_id, membership_required, feature, units, n)
      LEFT JOIN tollgate.features AS offered ON offered.feature = named.feature
      LEFT JOIN public.organizations AS organization ON organization.id = named.organization_id
      LEFT JOIN public.user_profiles AS membership
        ON membership.organization_id = named.organization_id AND membership.id = named.user_id
      LEFT JOIN public.ai_tokens AS token
        ON token.organization_id = named.organization_id AND token.token_type = offered.token_type
      LEFT JOIN tollgate.plan_allocations AS allocation
        ON allocation.plan = organization.plan AND allocation.token_type = offered.token_type
  ) AS asked
  ORDER BY asked.n;
  admitted := set_config('tollgate.organizations', '', true);
END
$$;
COMMENT ON FUNCTION tollgate.check_balances(uuid[], uuid[], boolean[], text[], bigint[]) IS
  'Says of each item whether tollgate.settle would grant it now, one by one and without changing anything. A plan without the feature counts as insufficient_tokens.';
REVOKE ALL ON FUNCTION tollgate.check_balances(uuid[], uuid[], boolean[], text[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.check_balances(uuid[], uuid[], boolean[], text[], bigint[]) TO tollgate_server, service_role;
