CREATE OR REPLACE FUNCTION tollgate.number_price() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NEW.rates IS NOT NULL AND NOT tollgate.are_rates(NEW.rates) THEN
    RAISE EXCEPTION 'Rates are 1 to 16 dimensions, each a lower-case name with tokens and per.' USING ERRCODE = 'TG400',
      HINT = 'As {"input": {"tokens": 3, "per": 1000}}; tokens from 0 to 10^15, per 1, 1000 or 1000000.';
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.feature = OLD.feature THEN
    NEW.price_version := OLD.price_version;
    IF (NEW.token_type, NEW.cost, NEW.rates) IS DISTINCT FROM (OLD.token_type, OLD.cost, OLD.rates) THEN
      NEW.price_version := OLD.price_version + 1;
    END IF;
  ELSE
    -- A name that was there before goes on counting: charges keep the numbers of its old prices.
    NEW.price_version := 1 + coalesce((
      SELECT max(known.price_version)
      FROM tollgate.prices AS known
      WHERE known.feature = NEW.feature
    ), 0);
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION tollgate.number_price() IS
  'Trigger: gives each new price of a feature the next version, whoever changes it and however. Raises TG400 for rates that are none.';
REVOKE ALL ON FUNCTION tollgate.number_price() FROM PUBLIC;

CREATE OR REPLACE TRIGGER "a new price has the next version"
BEFORE INSERT OR UPDATE OF feature, token_type, cost, rates, price_version ON tollgate.features
FOR EACH ROW EXECUTE FUNCTION tollgate.number_price();
