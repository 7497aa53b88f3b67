CREATE OR REPLACE FUNCTION tollgate.mend_balances(
  organization_ids uuid[],
  user_ids uuid[],
  membership_required boolean[],
  features text[],
  units bigint[]
) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  named_organizations uuid[];
  named_types text[];
BEGIN
  SELECT array_agg(named.organization_id), array_agg(named.token_type)
  INTO named_organizations, named_types
  FROM (
    SELECT DISTINCT item.organization_id, item.token_type
    FROM tollgate.look_up_items(organization_ids, user_ids, membership_required, features, units) AS item
    WHERE item.slot IS NOT NULL
    ORDER BY item.organization_id, item.token_type
  ) AS named;
  PERFORM tollgate.grant_missing_balances(named_organizations);
  PERFORM tollgate.bring_up_to_date(named_organizations, named_types);
END
$$;
COMMENT ON FUNCTION tollgate.mend_balances(uuid[], uuid[], boolean[], text[], bigint[]) IS
  'Grants and brings up to date the balances that the items of a batch name. The caller has admitted itself to their organizations.';
REVOKE ALL ON FUNCTION tollgate.mend_balances(uuid[], uuid[], boolean[], text[], bigint[]) FROM PUBLIC;
