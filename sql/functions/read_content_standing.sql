CREATE OR REPLACE FUNCTION tollgate.read_content_standing(organization_id uuid) RETURNS TABLE (
  name text,
  level integer,
  level_title text,
  budget_tokens bigint,
  budget bigint,
  used bigint,
  remaining bigint,
  percent_used bigint,
  state text,
  deactivates_automatically boolean,
  counter text
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[read_content_standing.organization_id]);
  RETURN QUERY
  SELECT known.name, standing.*
  FROM public.organizations AS known
    CROSS JOIN LATERAL tollgate.content_standing(tollgate.read_content_budget(known.id)) AS standing
  WHERE known.id = read_content_standing.organization_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.read_content_standing(uuid) IS
  'An organization''s row of tollgate.read_content_budgets(). Raises TG404 for an unknown organization.';
REVOKE ALL ON FUNCTION tollgate.read_content_standing(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_content_standing(uuid) TO service_role, tollgate_server;
