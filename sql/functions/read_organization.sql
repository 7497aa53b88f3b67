CREATE OR REPLACE FUNCTION tollgate.read_organization(organization_id uuid) RETURNS TABLE (
  name text,
  plan text,
  next_plan text,
  next_plan_from timestamptz,
  status text
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[read_organization.organization_id]);
  RETURN QUERY
  SELECT
    known.name,
    CASE WHEN waiting.is_over THEN known.next_plan ELSE known.plan END,
    CASE WHEN NOT waiting.is_over THEN known.next_plan END,
    CASE WHEN NOT waiting.is_over THEN known.next_plan_from END,
    known.status
  FROM public.organizations AS known
    CROSS JOIN LATERAL (SELECT coalesce(known.next_plan_from <= tollgate.moment(), false) AS is_over) AS waiting
  WHERE known.id = read_organization.organization_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.read_organization(uuid) IS
  'An organization with the plan that it has now and the one that waits for its time. Raises TG404 for an unknown one.';
REVOKE ALL ON FUNCTION tollgate.read_organization(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_organization(uuid) TO service_role, tollgate_server;
