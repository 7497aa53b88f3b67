CREATE OR REPLACE FUNCTION tollgate.read_plans(plan text DEFAULT NULL) RETURNS TABLE (
  name text,
  title text,
  allocations text
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT offered.plan, offered.title,
    coalesce((
      SELECT json_object_agg(allocation.token_type, allocation.tokens ORDER BY allocation.token_type)
      FROM tollgate.plan_allocations AS allocation
      WHERE allocation.plan = offered.plan
    ), '{}')::text
  FROM tollgate.plans AS offered
  WHERE read_plans.plan IS NULL OR offered.plan = read_plans.plan
  ORDER BY offered.plan
$$;
COMMENT ON FUNCTION tollgate.read_plans(text) IS
  'All plans, or one, by name, with the tokens that each grants for a period as {"token type": tokens}.';
REVOKE ALL ON FUNCTION tollgate.read_plans(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_plans(text) TO service_role, tollgate_server;
