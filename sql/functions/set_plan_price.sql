CREATE OR REPLACE FUNCTION tollgate.set_plan_price(plan text, amount_minor bigint, currency text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  IF NOT EXISTS (SELECT FROM tollgate.plans AS known WHERE known.plan = set_plan_price.plan) THEN
    RAISE EXCEPTION 'There is no such plan.' USING ERRCODE = 'TG404';
  END IF;
  IF (set_plan_price.amount_minor BETWEEN 0 AND 1000000000000 AND set_plan_price.currency ~ '^[A-Z]{3}$') IS NOT TRUE THEN
    RAISE EXCEPTION 'A price is 0 to 10^12 of a currency''s smallest unit, and the currency a code of ISO 4217.'
      USING ERRCODE = 'TG400';
  END IF;
  INSERT INTO tollgate.plan_prices AS known (plan, amount_minor, currency, updated_at)
  VALUES (set_plan_price.plan, set_plan_price.amount_minor, set_plan_price.currency, now())
  ON CONFLICT ON CONSTRAINT "a plan has one price" DO UPDATE
  SET amount_minor = excluded.amount_minor, currency = excluded.currency, updated_at = excluded.updated_at;
END
$$;
COMMENT ON FUNCTION tollgate.set_plan_price(text, bigint, text) IS
  'Says what a plan costs for 30 days, for estimates. Raises TG404 for an unknown plan, TG400 for what is no price.';
REVOKE ALL ON FUNCTION tollgate.set_plan_price(text, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.set_plan_price(text, bigint, text) TO tollgate_server, service_role;
