-- Runs as tollgate_reporter, whose policies admit it to the roll-ups of every organization, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_reporter;
SET LOCAL ROLE tollgate_reporter;
CREATE OR REPLACE FUNCTION tollgate.read_costs(
  from_day date,
  to_day date,
  only_organization uuid DEFAULT NULL,
  row_limit integer DEFAULT 10000
) RETURNS TABLE (
  day date,
  organization_id uuid,
  organization_name text,
  currency text,
  token_type text,
  feature_used text,
  uses bigint,
  tokens bigint,
  refusals bigint
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT used.day, used.organization_id, organization.name, price.currency, used.token_type, used.feature_used,
    used.uses, used.tokens, used.refusals
  FROM (
    SELECT counted.day, counted.organization_id, counted.token_type, counted.feature_used,
      sum(counted.uses)::bigint AS uses, sum(counted.tokens)::bigint AS tokens, sum(counted.refusals)::bigint AS refusals
    FROM tollgate.usage_days AS counted
    WHERE counted.day >= from_day
      AND counted.day < to_day
      AND (only_organization IS NULL OR counted.organization_id = only_organization)
    GROUP BY counted.day, counted.organization_id, counted.token_type, counted.feature_used
    HAVING sum(counted.uses) > 0
    ORDER BY 1, 2, 3, 4
    LIMIT row_limit
  ) AS used
    JOIN public.organizations AS organization ON organization.id = used.organization_id
    LEFT JOIN tollgate.plan_prices AS price ON price.plan = organization.plan
  ORDER BY 1, 2, 5, 6;
END
$$;
COMMENT ON FUNCTION tollgate.read_costs(date, date, uuid, integer) IS
  'What organizations used on each day (UTC) from from_day on and before to_day, by feature and token type, as far as it is rolled up: the rows of an export to FinOps tools. currency: of the price of the organization''s plan; NULL: it has none.';
REVOKE ALL ON FUNCTION tollgate.read_costs(date, date, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_costs(date, date, uuid, integer) TO tollgate_server, service_role;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
