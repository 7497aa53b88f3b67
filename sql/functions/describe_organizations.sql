CREATE OR REPLACE FUNCTION tollgate.describe_organizations(organization_ids uuid[]) RETURNS TABLE (
  organization_id uuid,
  name text,
  plan text,
  next_plan text,
  next_plan_from timestamptz,
  status text,
  suspended_for text,
  created_at timestamptz,
  users bigint,
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
    known.id,
    known.name,
    CASE WHEN waiting.is_over THEN known.next_plan ELSE known.plan END,
    CASE WHEN NOT waiting.is_over THEN known.next_plan END,
    CASE WHEN NOT waiting.is_over THEN known.next_plan_from END,
    known.status,
    CASE WHEN known.status = 'suspended' THEN CASE WHEN known.payment_hold THEN 'payment' ELSE 'administrator' END END,
    known.created_at,
    (SELECT count(*) FROM public.user_profiles AS membership WHERE membership.organization_id = known.id),
    current.token_type,
    current.balance,
    current.reserved,
    current.balance - current.reserved,
    current.total_allocated,
    current.total_used,
    current.purchased,
    current.refresh_date,
    tollgate.balance_state(current.balance - current.reserved, current.total_allocated, kind)
  FROM unnest(organization_ids) WITH ORDINALITY AS named (organization_id, n)
    JOIN public.organizations AS known ON known.id = named.organization_id
    CROSS JOIN LATERAL (SELECT coalesce(known.next_plan_from <= tollgate.moment(), false) AS is_over) AS waiting
    LEFT JOIN tollgate.current_balances AS current ON current.organization_id = known.id
    LEFT JOIN tollgate.token_types AS kind ON kind.token_type = current.token_type
  ORDER BY named.n, current.token_type;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.describe_organizations(uuid[]) IS
  'Organizations in this order with their plan, how many users they have, and their balances as of now: a row for each balance, or one without for none. Unknown ones are left out.';
REVOKE ALL ON FUNCTION tollgate.describe_organizations(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.describe_organizations(uuid[]) TO service_role, tollgate_server;
