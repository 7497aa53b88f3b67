CREATE OR REPLACE FUNCTION tollgate.read_balances(
  organization_ids uuid[],
  user_ids uuid[],
  membership_required boolean[]
) RETURNS TABLE (
  item integer,
  outcome text,
  token_type text,
  balance bigint,
  reserved bigint,
  available bigint,
  allocated bigint,
  used bigint,
  purchased bigint,
  refresh_date timestamptz,
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
    named.n::integer,
    CASE
      WHEN coalesce(named.membership_required, true) AND membership.id IS NULL THEN 'forbidden'
      WHEN organization.id IS NULL THEN 'unknown_organization'
      ELSE 'success'
    END,
    current.token_type,
    current.balance,
    current.reserved,
    current.balance - current.reserved,
    current.total_allocated,
    current.total_used,
    current.purchased,
    current.refresh_date,
    tollgate.balance_state(current.balance - current.reserved, current.total_allocated, kind)
  FROM unnest(organization_ids, user_ids, membership_required) WITH ORDINALITY
      AS named (organization_id, user_id, membership_required, n)
    LEFT JOIN public.organizations AS organization ON organization.id = named.organization_id
    LEFT JOIN public.user_profiles AS membership
      ON membership.organization_id = named.organization_id AND membership.id = named.user_id
    LEFT JOIN tollgate.current_balances AS current
      ON current.organization_id = organization.id
      AND (membership.id IS NOT NULL OR NOT coalesce(named.membership_required, true))
    LEFT JOIN tollgate.token_types AS kind ON kind.token_type = current.token_type
  ORDER BY named.n, current.token_type;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.read_balances(uuid[], uuid[], boolean[]) IS
  'The balances of organizations as of now. An item that may not be read, or an organization without balances, is one row with its outcome and NULLs.';
REVOKE ALL ON FUNCTION tollgate.read_balances(uuid[], uuid[], boolean[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_balances(uuid[], uuid[], boolean[]) TO tollgate_server, service_role;
