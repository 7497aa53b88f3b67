CREATE OR REPLACE FUNCTION tollgate.check_balance(
  organization_id uuid,
  user_id uuid,
  feature text,
  units bigint DEFAULT 1
) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  caller CONSTANT record := tollgate.identify_caller(check_balance.organization_id, check_balance.user_id);
  outcome text;
BEGIN
  SELECT answer.outcome
  INTO outcome
  FROM tollgate.check_balances(
    ARRAY[caller.organization_id], ARRAY[caller.user_id], ARRAY[caller.membership_required], ARRAY[feature],
    ARRAY[units]) AS answer;
  PERFORM tollgate.raise_unless_decided(outcome);
  RETURN outcome = 'success';
END
$$;
COMMENT ON FUNCTION tollgate.check_balance(uuid, uuid, text, bigint) IS
  'Would tollgate.deduct grant this now? Changes nothing. Raises like tollgate.deduct.';
REVOKE ALL ON FUNCTION tollgate.check_balance(uuid, uuid, text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.check_balance(uuid, uuid, text, bigint) TO authenticated, service_role, tollgate_server;
