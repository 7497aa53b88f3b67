DROP POLICY IF EXISTS "members view their customers" ON tollgate.payment_customers;
CREATE POLICY "members view their customers" ON tollgate.payment_customers
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system keeps customers of its batch" ON tollgate.payment_customers;
CREATE POLICY "the system keeps customers of its batch" ON tollgate.payment_customers
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

-- A customer has to be found before anybody knows whose it is.
DROP POLICY IF EXISTS "the system finds the customers it asks for" ON tollgate.payment_customers;
CREATE POLICY "the system finds the customers it asks for" ON tollgate.payment_customers
  FOR SELECT TO tollgate_owner
  USING (customer_id = ANY (nullif((SELECT current_setting('tollgate.customers', true)), '')::text[]));

-- For tollgate.read_payment_customers(): whose they are is what is looked for.
GRANT SELECT (organization_id, customer_id) ON tollgate.payment_customers TO tollgate_reporter;
DROP POLICY IF EXISTS "reports are of every organization" ON tollgate.payment_customers;
CREATE POLICY "reports are of every organization" ON tollgate.payment_customers
  FOR SELECT TO tollgate_reporter
  USING (organization_id IS NOT NULL);
