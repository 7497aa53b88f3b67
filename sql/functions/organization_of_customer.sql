CREATE OR REPLACE FUNCTION tollgate.organization_of_customer(customer_id text) RETURNS uuid
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT known.organization_id
  FROM tollgate.payment_customers AS known
  WHERE known.customer_id = organization_of_customer.customer_id
  LIMIT 1
$$;
COMMENT ON FUNCTION tollgate.organization_of_customer(text) IS
  'Whose customer of the payment provider this is; NULL: nobody''s that is known. The caller is admitted to it (tollgate.admit_payments).';
REVOKE ALL ON FUNCTION tollgate.organization_of_customer(text) FROM PUBLIC;
