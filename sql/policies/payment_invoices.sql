DROP POLICY IF EXISTS "members view their invoices" ON tollgate.payment_invoices;
CREATE POLICY "members view their invoices" ON tollgate.payment_invoices
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system keeps invoices of its batch" ON tollgate.payment_invoices;
CREATE POLICY "the system keeps invoices of its batch" ON tollgate.payment_invoices
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);
