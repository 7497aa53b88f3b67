CREATE OR REPLACE FUNCTION tollgate.payment_waits(outcome text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT outcome IN (
    'received', 'unknown_organization', 'unknown_customer', 'unknown_pack', 'price_mismatch', 'amount_out_of_range',
    'other_mode')
$$;
COMMENT ON FUNCTION tollgate.payment_waits(text) IS
  'Whether an event with this outcome is looked at again when it is told again: somebody may have set meanwhile what it lacked.';
REVOKE ALL ON FUNCTION tollgate.payment_waits(text) FROM PUBLIC;
