CREATE OR REPLACE FUNCTION tollgate.check_balances(
  organization_ids uuid[],
  user_ids uuid[],
  membership_required boolean[],
  features text[],
  units bigint[]
) RETURNS TABLE (
  item integer,
  outcome text,
  token_type text,
  required bigint,
  balance bigint,
  available bigint,
  state text
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  PERFORM tollgate.admit_organizations(organization_ids);
  RETURN QUERY
  SELECT
    asked.n,
    CASE asked.verdict
      WHEN 4 THEN 'organization_suspended'
      WHEN 5 THEN 'forbidden'
      WHEN 6 THEN 'unknown_organization'
      WHEN 7 THEN 'unknown_feature'
      WHEN 8 THEN 'amount_out_of_range'
      ELSE CASE
        WHEN asked.cost = 0 OR asked.cost <= coalesce(current.balance - current.reserved, 0) THEN 'success'
        ELSE 'insufficient_tokens'
      END
    END,
    asked.token_type,
    asked.cost,
    coalesce(current.balance, 0),
    coalesce(current.balance - current.reserved, 0),
    tollgate.balance_state(coalesce(current.balance - current.reserved, 0), coalesce(current.total_allocated, 0), kind)
  FROM tollgate.look_up_items(
      organization_ids, user_ids, membership_required, features, units,
      array_fill(NULL::text, ARRAY[cardinality(features)]), array_fill(NULL::text, ARRAY[cardinality(features)]),
      array_fill(NULL::jsonb, ARRAY[cardinality(features)])) AS asked
    LEFT JOIN tollgate.token_types AS kind ON kind.token_type = asked.token_type
    LEFT JOIN tollgate.current_balances AS current
      ON asked.slot IS NOT NULL
      AND current.organization_id = asked.organization_id
      AND current.token_type = asked.token_type
  ORDER BY asked.n;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.check_balances(uuid[], uuid[], boolean[], text[], bigint[]) IS
  'Says of each item whether tollgate.settle would grant it now, one by one and without changing anything. A plan without the feature counts as insufficient_tokens.';
REVOKE ALL ON FUNCTION tollgate.check_balances(uuid[], uuid[], boolean[], text[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.check_balances(uuid[], uuid[], boolean[], text[], bigint[]) TO tollgate_server, service_role;
