DROP POLICY IF EXISTS "members view their credentials" ON tollgate.credentials;
CREATE POLICY "members view their credentials" ON tollgate.credentials
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system keeps credentials of its batch" ON tollgate.credentials;
CREATE POLICY "the system keeps credentials of its batch" ON tollgate.credentials
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);
