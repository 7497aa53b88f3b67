CREATE OR REPLACE FUNCTION tollgate.read_plan_prices(only_plan text DEFAULT NULL) RETURNS TABLE (
  plan text,
  amount_minor bigint,
  currency text
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT price.plan, price.amount_minor, price.currency
  FROM tollgate.plan_prices AS price
  WHERE only_plan IS NULL OR price.plan = only_plan
  ORDER BY price.plan
$$;
COMMENT ON FUNCTION tollgate.read_plan_prices(text) IS
  'What all plans cost, or one, for 30 days, in the currency''s smallest unit, by name; a plan without a price has no row.';
REVOKE ALL ON FUNCTION tollgate.read_plan_prices(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_plan_prices(text) TO service_role, tollgate_server;
