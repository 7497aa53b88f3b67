DROP POLICY IF EXISTS "members view their organization's caches" ON tollgate.caches;
CREATE POLICY "members view their organization's caches" ON tollgate.caches
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system changes caches of its batch" ON tollgate.caches;
CREATE POLICY "the system changes caches of its batch" ON tollgate.caches
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);
