CREATE OR REPLACE FUNCTION tollgate.recorded_refusals() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT ARRAY['insufficient_tokens', 'critical_balance', 'not_on_plan', 'organization_suspended', 'refilling',
    'limit_reached']
$$;
COMMENT ON FUNCTION tollgate.recorded_refusals() IS
  'The outcomes that are refusals: each is a row of the ledger.';
REVOKE ALL ON FUNCTION tollgate.recorded_refusals() FROM PUBLIC;
