CREATE OR REPLACE FUNCTION tollgate.are_rates(rates jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
  IF jsonb_typeof(rates) IS DISTINCT FROM 'object' THEN
    RETURN false;
  END IF;
  RETURN (
    SELECT count(*) BETWEEN 1 AND 16
      AND bool_and(
        CASE
          WHEN jsonb_typeof(given.rate) <> 'object' THEN false
          ELSE given.dimension ~ '^[a-z][a-z0-9_]{0,62}$'
            AND given.rate - 'tokens' - 'per' = '{}'
            AND jsonb_typeof(given.rate -> 'tokens') = 'number'
            AND (given.rate -> 'tokens')::text ~ '^(0|[1-9][0-9]{0,14}|10{15})$'
            AND jsonb_typeof(given.rate -> 'per') = 'number'
            AND (given.rate -> 'per')::text IN ('1', '1000', '1000000')
        END IS TRUE
      )
    FROM jsonb_each(rates) AS given (dimension, rate)
  );
END
$$;
COMMENT ON FUNCTION tollgate.are_rates(jsonb) IS
  'Whether this is a price with dimensions: 1 to 16 lower-case names, each with {"tokens": 0 to 10^15, "per": 1, 1000 or 1000000}, all integers.';
REVOKE ALL ON FUNCTION tollgate.are_rates(jsonb) FROM PUBLIC;
