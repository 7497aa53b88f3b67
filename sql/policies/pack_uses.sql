DROP POLICY IF EXISTS "members view their uses of packs" ON tollgate.pack_uses;
CREATE POLICY "members view their uses of packs" ON tollgate.pack_uses
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system writes uses of packs" ON tollgate.pack_uses;
CREATE POLICY "the system writes uses of packs" ON tollgate.pack_uses
  FOR INSERT TO tollgate_owner
  WITH CHECK ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

DROP POLICY IF EXISTS "the system reads uses of packs of its batch" ON tollgate.pack_uses;
CREATE POLICY "the system reads uses of packs of its batch" ON tollgate.pack_uses
  FOR SELECT TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);
