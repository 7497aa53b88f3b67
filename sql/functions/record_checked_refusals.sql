CREATE OR REPLACE FUNCTION tollgate.record_checked_refusals(
  organization_ids uuid[],
  user_ids uuid[],
  features text[],
  outcomes text[],
  token_types text[],
  costs bigint[],
  price_versions integer[],
  balances bigint[],
  limits text[],
  event_ids text[],
  transaction_ids uuid[]
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  lengths CONSTANT integer[] := ARRAY[cardinality(transaction_ids)];
BEGIN
  PERFORM tollgate.admit_organizations(organization_ids);
  PERFORM tollgate.record_refusals(transaction_ids, organization_ids, token_types, balances, user_ids, features,
    outcomes, costs, price_versions, event_ids, array_fill(NULL::text, lengths), array_fill('{}'::jsonb, lengths),
    ARRAY(
      SELECT CASE WHEN bound.limit_name IS NOT NULL THEN jsonb_build_object('limit', bound.limit_name) END
      FROM unnest(limits) WITH ORDINALITY AS bound (limit_name, n)
      ORDER BY bound.n
    ),
    array_fill(false, lengths));
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.record_checked_refusals(uuid[], uuid[], text[], text[], text[], bigint[], integer[], bigint[], text[], text[], uuid[]) IS
  'Writes refusals that tollgate.check_balances decided into the ledger: those of a guard that looks and spends nothing.';
REVOKE ALL ON FUNCTION tollgate.record_checked_refusals(uuid[], uuid[], text[], text[], text[], bigint[], integer[], bigint[], text[], text[], uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.record_checked_refusals(uuid[], uuid[], text[], text[], text[], bigint[], integer[], bigint[], text[], text[], uuid[]) TO service_role, tollgate_server;
