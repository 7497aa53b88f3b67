CREATE OR REPLACE FUNCTION tollgate.set_payment_customer(organization_id uuid, customer_id text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  tenant CONSTANT uuid := set_payment_customer.organization_id;
  customer CONSTANT text := set_payment_customer.customer_id;
  present uuid;
  was_learned boolean;
BEGIN
  IF coalesce(customer !~ '^[\x21-\x7E]{1,255}$', true) THEN
    RAISE EXCEPTION 'A customer id is 1 to 255 printable ASCII characters.' USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.lock_customer(customer);
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  PERFORM tollgate.admit_payments('{}', ARRAY[customer]);
  IF NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = tenant) THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  present := tollgate.organization_of_customer(customer);
  IF present <> tenant THEN
    RAISE EXCEPTION 'The customer is another organization''s, %; remove it there first.', present
      USING ERRCODE = 'TG409';
  END IF;
  was_learned := tollgate.learn_customer(tenant, customer, NULL);
  PERFORM tollgate.admit_organizations('{}');
  PERFORM tollgate.admit_payments('{}', '{}');
  RETURN was_learned;
END
$$;
COMMENT ON FUNCTION tollgate.set_payment_customer(uuid, text) IS
  'Says whose customer of the payment provider this is, and does what its events say that waited for that. False: it was known. Raises TG400 for what is no customer id, TG404 for an unknown organization, TG409 where it is another organization''s.';
REVOKE ALL ON FUNCTION tollgate.set_payment_customer(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.set_payment_customer(uuid, text) TO service_role, tollgate_server;
