DROP POLICY IF EXISTS "members view their packs" ON tollgate.token_packs;
CREATE POLICY "members view their packs" ON tollgate.token_packs
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system changes packs of its batch" ON tollgate.token_packs;
CREATE POLICY "the system changes packs of its batch" ON tollgate.token_packs
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);
