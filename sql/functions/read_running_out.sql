-- Runs as tollgate_reporter, whose policies admit it to how balances of every organization stand, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_reporter;
SET LOCAL ROLE tollgate_reporter;
CREATE OR REPLACE FUNCTION tollgate.read_running_out(
  within_days integer,
  rows_before integer DEFAULT 0,
  row_limit integer DEFAULT 50
) RETURNS TABLE (
  organization_id uuid,
  organization_name text,
  plan text,
  token_type text,
  available bigint,
  tokens_per_day numeric,
  runs_out_at timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT known.organization_id, organization.name, organization.plan, known.token_type, known.available,
    known.tokens_per_day, known.runs_out_at
  FROM tollgate.rolled_balances AS known
    JOIN public.organizations AS organization ON organization.id = known.organization_id
  WHERE known.runs_out_at < tollgate.moment() + make_interval(days => within_days)
  ORDER BY known.runs_out_at, known.organization_id, known.token_type
  OFFSET rows_before
  LIMIT row_limit;
END
$$;
COMMENT ON FUNCTION tollgate.read_running_out(integer, integer, integer) IS
  'Balances of all organizations that run out within so many days, soonest first, without the first rows_before of them; as of when each last moved, or of today.';
REVOKE ALL ON FUNCTION tollgate.read_running_out(integer, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_running_out(integer, integer, integer) TO tollgate_server, service_role;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
