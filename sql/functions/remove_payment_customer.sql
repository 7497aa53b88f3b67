CREATE OR REPLACE FUNCTION tollgate.remove_payment_customer(organization_id uuid, customer_id text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  tenant CONSTANT uuid := remove_payment_customer.organization_id;
  customer CONSTANT text := remove_payment_customer.customer_id;
  organization public.organizations;
  was_there boolean;
BEGIN
  PERFORM tollgate.lock_customer(customer);
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  SELECT *
  INTO organization
  FROM public.organizations AS known
  WHERE known.id = tenant
  FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  DELETE FROM tollgate.payment_customers AS known
  WHERE known.organization_id = tenant AND known.customer_id = customer;
  was_there := FOUND;
  -- Nobody would hear any more that they are paid.
  UPDATE tollgate.payment_invoices AS invoice
  SET state = 'waived'
  WHERE invoice.organization_id = tenant AND invoice.customer_id = customer AND invoice.state = 'failed';
  IF organization.payment_hold AND NOT tollgate.owes_invoices(tenant) THEN
    PERFORM tollgate.set_payment_hold(tenant, false, '{}');
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN was_there;
END
$$;
COMMENT ON FUNCTION tollgate.remove_payment_customer(uuid, text) IS
  'Says that a customer of the payment provider is the organization''s no more, which waives what it owes. Returns whether it was. Raises TG404 for an unknown organization.';
REVOKE ALL ON FUNCTION tollgate.remove_payment_customer(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.remove_payment_customer(uuid, text) TO service_role, tollgate_server;
