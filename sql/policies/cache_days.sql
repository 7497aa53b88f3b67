DROP POLICY IF EXISTS "members view what their caches counted" ON tollgate.cache_days;
CREATE POLICY "members view what their caches counted" ON tollgate.cache_days
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system changes days of its batch" ON tollgate.cache_days;
CREATE POLICY "the system changes days of its batch" ON tollgate.cache_days
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);
