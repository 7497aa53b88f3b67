DROP POLICY IF EXISTS "members view how far they are rolled up" ON tollgate.rolled_organizations;
CREATE POLICY "members view how far they are rolled up" ON tollgate.rolled_organizations
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system rolls up for its batch" ON tollgate.rolled_organizations;
CREATE POLICY "the system rolls up for its batch" ON tollgate.rolled_organizations
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

-- For tollgate.find_unrolled(), which may read whose rows there are and how far they go, and nothing else of them.
DROP POLICY IF EXISTS "reports are of every organization" ON tollgate.rolled_organizations;
CREATE POLICY "reports are of every organization" ON tollgate.rolled_organizations
  FOR SELECT TO tollgate_reporter
  USING (organization_id IS NOT NULL);
