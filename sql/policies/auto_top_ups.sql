DROP POLICY IF EXISTS "members view their automatic top-ups" ON tollgate.auto_top_ups;
CREATE POLICY "members view their automatic top-ups" ON tollgate.auto_top_ups
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system changes automatic top-ups of its batch" ON tollgate.auto_top_ups;
CREATE POLICY "the system changes automatic top-ups of its batch" ON tollgate.auto_top_ups
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);
