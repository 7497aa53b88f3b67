CREATE OR REPLACE FUNCTION tollgate.set_price(
  feature text,
  token_type text,
  cost bigint,
  rates jsonb DEFAULT NULL,
  description text DEFAULT '',
  endpoint_type text DEFAULT NULL
) RETURNS tollgate.features
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  written tollgate.features;
BEGIN
  IF coalesce(set_price.feature !~ '^[a-z][a-z0-9_]{0,62}$', true) THEN
    RAISE EXCEPTION 'A feature is 1 to 63 of a-z, 0-9 and _, and begins with a letter.' USING ERRCODE = 'TG400';
  END IF;
  IF NOT EXISTS (SELECT FROM tollgate.token_types AS known WHERE known.token_type = set_price.token_type) THEN
    RAISE EXCEPTION 'There is no such token type.' USING ERRCODE = 'TG400', HINT = 'See tollgate.token_types.';
  END IF;
  IF (set_price.cost IS NULL) = (set_price.rates IS NULL) THEN
    RAISE EXCEPTION 'A price is either a cost or rates.' USING ERRCODE = 'TG400';
  END IF;
  IF set_price.cost NOT BETWEEN 0 AND 1000000000000000 THEN
    RAISE EXCEPTION 'A feature costs between 0 and 10^15 tokens.' USING ERRCODE = 'TG400';
  END IF;
  IF set_price.endpoint_type NOT IN ('single', 'composite', 'batch') THEN
    RAISE EXCEPTION 'An endpoint is single, composite or batch.' USING ERRCODE = 'TG400';
  END IF;
  INSERT INTO tollgate.features AS known (feature, token_type, cost, rates, description, endpoint_type)
  VALUES (set_price.feature, set_price.token_type, coalesce(set_price.cost, 0), set_price.rates,
    coalesce(set_price.description, ''), set_price.endpoint_type)
  ON CONFLICT (feature) DO UPDATE
  SET token_type = EXCLUDED.token_type,
    cost = EXCLUDED.cost,
    rates = EXCLUDED.rates,
    description = EXCLUDED.description,
    endpoint_type = EXCLUDED.endpoint_type
  RETURNING known.* INTO written;
  RETURN written;
END
$$;
COMMENT ON FUNCTION tollgate.set_price(text, text, bigint, jsonb, text, text) IS
  'Makes a feature, or changes what it costs from the next use on: a cost per unit, or rates with dimensions. The same price again keeps its version. Raises TG400 for what is no price.';
REVOKE ALL ON FUNCTION tollgate.set_price(text, text, bigint, jsonb, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.set_price(text, text, bigint, jsonb, text, text) TO service_role, tollgate_server;
