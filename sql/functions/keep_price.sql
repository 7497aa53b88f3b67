CREATE OR REPLACE FUNCTION tollgate.keep_price() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF TG_OP = 'INSERT'
    OR (NEW.feature, NEW.price_version) IS DISTINCT FROM (OLD.feature, OLD.price_version)
  THEN
    INSERT INTO tollgate.prices (feature, price_version, token_type, cost, rates, valid_from)
    VALUES (NEW.feature, NEW.price_version, NEW.token_type, NEW.cost, NEW.rates, tollgate.moment());
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tollgate.keep_price() IS 'Trigger: writes each new price of a feature to tollgate.prices.';
REVOKE ALL ON FUNCTION tollgate.keep_price() FROM PUBLIC;

CREATE OR REPLACE TRIGGER "a new price is kept"
AFTER INSERT OR UPDATE OF feature, token_type, cost, rates, price_version ON tollgate.features
FOR EACH ROW EXECUTE FUNCTION tollgate.keep_price();
