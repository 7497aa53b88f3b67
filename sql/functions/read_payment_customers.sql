-- Runs as tollgate_reporter, whose policies admit it to customers of all organizations, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_reporter;
SET LOCAL ROLE tollgate_reporter;
CREATE OR REPLACE FUNCTION tollgate.read_payment_customers(
  organization_id uuid DEFAULT NULL,
  behind_id text DEFAULT NULL,
  row_limit integer DEFAULT 50
) RETURNS TABLE (
  customer_id text,
  organization_id uuid
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT known.customer_id, known.organization_id
  FROM tollgate.payment_customers AS known
  WHERE (read_payment_customers.organization_id IS NULL OR known.organization_id = read_payment_customers.organization_id)
    AND (behind_id IS NULL OR known.customer_id > behind_id)
  ORDER BY known.customer_id
  LIMIT row_limit
$$;
COMMENT ON FUNCTION tollgate.read_payment_customers(uuid, text, integer) IS
  'A page of the payment provider''s customers and whose they are, of all organizations or of one, by the provider''s id: those behind behind_id.';
REVOKE ALL ON FUNCTION tollgate.read_payment_customers(uuid, text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_payment_customers(uuid, text, integer) TO service_role, tollgate_server;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
