CREATE OR REPLACE FUNCTION tollgate.remove_plan_price(plan text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM tollgate.plan_prices AS known
  WHERE known.plan = remove_plan_price.plan;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such plan, or it has no price.' USING ERRCODE = 'TG404';
  END IF;
END
$$;
COMMENT ON FUNCTION tollgate.remove_plan_price(text) IS
  'Estimates know no price of this plan any more. Raises TG404 for an unknown plan and for one without a price.';
REVOKE ALL ON FUNCTION tollgate.remove_plan_price(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.remove_plan_price(text) TO tollgate_server, service_role;
