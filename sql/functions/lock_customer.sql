CREATE OR REPLACE FUNCTION tollgate.lock_customer(customer_id text) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT pg_advisory_xact_lock(hashtextextended('tollgate.customer:' || customer_id, 0))
  WHERE customer_id IS NOT NULL
$$;
COMMENT ON FUNCTION tollgate.lock_customer(text) IS
  'Lets one transaction at a time work for a customer of the payment provider. Taken before any row is locked.';
REVOKE ALL ON FUNCTION tollgate.lock_customer(text) FROM PUBLIC;
