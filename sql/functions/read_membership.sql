CREATE OR REPLACE FUNCTION tollgate.read_membership(user_id uuid) RETURNS TABLE (
  organization_id uuid,
  role text,
  name text,
  plan text,
  next_plan text,
  next_plan_from timestamptz,
  status text
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  own CONSTANT uuid := tollgate.organization_of(read_membership.user_id);
BEGIN
  IF own IS NULL THEN
    RETURN;
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[own]);
  RETURN QUERY
  SELECT
    known.id,
    profile.role,
    known.name,
    CASE WHEN waiting.is_over THEN known.next_plan ELSE known.plan END,
    CASE WHEN NOT waiting.is_over THEN known.next_plan END,
    CASE WHEN NOT waiting.is_over THEN known.next_plan_from END,
    known.status
  FROM public.user_profiles AS profile
    JOIN public.organizations AS known ON known.id = profile.organization_id
    CROSS JOIN LATERAL (SELECT coalesce(known.next_plan_from <= tollgate.moment(), false) AS is_over) AS waiting
  WHERE profile.organization_id = own
    AND profile.id = read_membership.user_id;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.read_membership(uuid) IS
  'The organization that a user belongs to, with the plan that it has now and the one that waits for its time, and what the user may do there. No row for an unknown user, and for one who is in two organizations.';
REVOKE ALL ON FUNCTION tollgate.read_membership(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_membership(uuid) TO service_role, tollgate_server;
