DROP POLICY IF EXISTS "members view their refunds" ON tollgate.refunds;
CREATE POLICY "members view their refunds" ON tollgate.refunds
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system writes refunds" ON tollgate.refunds;
CREATE POLICY "the system writes refunds" ON tollgate.refunds
  FOR INSERT TO tollgate_owner
  WITH CHECK ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

DROP POLICY IF EXISTS "the system reads refunds of its batch" ON tollgate.refunds;
CREATE POLICY "the system reads refunds of its batch" ON tollgate.refunds
  FOR SELECT TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);
