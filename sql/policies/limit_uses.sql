DROP POLICY IF EXISTS "members view their counts" ON tollgate.limit_uses;
CREATE POLICY "members view their counts" ON tollgate.limit_uses
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system changes counts of its batch" ON tollgate.limit_uses;
CREATE POLICY "the system changes counts of its batch" ON tollgate.limit_uses
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);
