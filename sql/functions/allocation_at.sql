CREATE OR REPLACE FUNCTION tollgate.allocation_at(
  organization_id uuid,
  token_type text,
  at timestamptz,
  OUT allocation tollgate.plan_allocations,
  OUT time_zone text,
  OUT next_plan_from timestamptz
)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT allocation, organization.time_zone,
    CASE WHEN organization.next_plan_from > allocation_at.at THEN organization.next_plan_from END
  FROM public.organizations AS organization
    LEFT JOIN tollgate.plan_allocations AS allocation
      ON allocation.token_type = allocation_at.token_type
      AND allocation.plan =
        CASE WHEN organization.next_plan_from <= allocation_at.at THEN organization.next_plan ELSE organization.plan END
  WHERE organization.id = allocation_at.organization_id
$$;
COMMENT ON FUNCTION tollgate.allocation_at(uuid, text, timestamptz) IS
  'What the plan that an organization has at a time allocates of a token type (NULL: nothing), the time zone of its days, and when a later plan begins, if one waits.';
REVOKE ALL ON FUNCTION tollgate.allocation_at(uuid, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.allocation_at(uuid, text, timestamptz) TO authenticated, service_role;
