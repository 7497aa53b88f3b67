CREATE OR REPLACE FUNCTION tollgate.price_of(feature tollgate.features, units bigint, dimensions jsonb) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
  millionths numeric;
BEGIN
  IF NOT tollgate.units_fit(feature, units, dimensions) THEN
    RETURN NULL;
  END IF;
  IF feature.rates IS NULL THEN
    RETURN CASE WHEN units BETWEEN 1 AND 1000000000000000 / greatest(feature.cost, 1) THEN units * feature.cost END;
  END IF;
  -- Every `per` divides a million: the sum is exact, and rounded once.
  SELECT sum(asked.amount::text::numeric * (rate.rate ->> 'tokens')::numeric * (1000000 / (rate.rate ->> 'per')::integer))
  INTO millionths
  FROM jsonb_each(dimensions) AS asked (dimension, amount)
    CROSS JOIN LATERAL (SELECT feature.rates -> asked.dimension AS rate) AS rate;
  RETURN CASE WHEN millionths <= 1000000000000000000000 THEN div(millionths + 999999, 1000000)::bigint END;
END
$$;
COMMENT ON FUNCTION tollgate.price_of(tollgate.features, bigint, jsonb) IS
  'Tokens that units of a feature cost, rounded up once over the sum of all dimensions. NULL for more than 10^15 tokens, for units that are not from 1 to 10^15, and where tollgate.units_fit is false.';
REVOKE ALL ON FUNCTION tollgate.price_of(tollgate.features, bigint, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.price_of(tollgate.features, bigint, jsonb) TO authenticated, service_role;
