CREATE OR REPLACE FUNCTION tollgate.units_fit(feature tollgate.features, units bigint, dimensions jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
  IF feature.rates IS NULL THEN
    RETURN dimensions IS NULL;
  END IF;
  IF units IS NOT NULL OR jsonb_typeof(dimensions) IS DISTINCT FROM 'object' OR dimensions = '{}' THEN
    RETURN false;
  END IF;
  RETURN NOT EXISTS (
    SELECT
    FROM jsonb_each(dimensions) AS asked (dimension, amount)
    WHERE NOT feature.rates ? asked.dimension
      OR jsonb_typeof(asked.amount) <> 'number'
      OR asked.amount::text !~ '^(0|[1-9][0-9]{0,14}|10{15})$'
  );
END
$$;
COMMENT ON FUNCTION tollgate.units_fit(tollgate.features, bigint, jsonb) IS
  'Whether units are of the kind that a price counts: an integer where it has no dimensions, otherwise an object of some of its dimensions, each an integer from 0 to 10^15.';
REVOKE ALL ON FUNCTION tollgate.units_fit(tollgate.features, bigint, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.units_fit(tollgate.features, bigint, jsonb) TO authenticated, service_role;
