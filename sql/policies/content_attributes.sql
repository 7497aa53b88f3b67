DROP POLICY IF EXISTS "members view their attributes" ON tollgate.content_attributes;
CREATE POLICY "members view their attributes" ON tollgate.content_attributes
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system changes attributes of its batch" ON tollgate.content_attributes;
CREATE POLICY "the system changes attributes of its batch" ON tollgate.content_attributes
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);
