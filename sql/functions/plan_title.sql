CREATE OR REPLACE FUNCTION tollgate.plan_title(organization_id uuid) RETURNS text
LANGUAGE sql STABLE
AS $$
  SELECT plan.title
  FROM public.organizations AS organization
    JOIN tollgate.plans AS plan
      ON plan.plan = CASE
        WHEN organization.next_plan_from <= tollgate.moment() THEN organization.next_plan
        ELSE organization.plan
      END
  WHERE organization.id = plan_title.organization_id
$$;
COMMENT ON FUNCTION tollgate.plan_title(uuid) IS 'The name of an organization''s plan as people read it; NULL without a plan.';
REVOKE ALL ON FUNCTION tollgate.plan_title(uuid) FROM PUBLIC;
