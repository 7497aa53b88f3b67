DROP POLICY IF EXISTS "members view their late entries" ON tollgate.late_entries;
CREATE POLICY "members view their late entries" ON tollgate.late_entries
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system rolls up for its batch" ON tollgate.late_entries;
CREATE POLICY "the system rolls up for its batch" ON tollgate.late_entries
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);
