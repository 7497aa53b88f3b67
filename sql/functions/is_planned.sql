CREATE OR REPLACE FUNCTION tollgate.is_planned(token_type text) RETURNS boolean
LANGUAGE sql STABLE
AS $$
  SELECT EXISTS (SELECT FROM tollgate.plan_allocations AS allocation WHERE allocation.token_type = is_planned.token_type)
$$;
COMMENT ON FUNCTION tollgate.is_planned(text) IS
  'Whether any plan has tokens of this type: then a plan without them does not have what they pay for.';
REVOKE ALL ON FUNCTION tollgate.is_planned(text) FROM PUBLIC;
