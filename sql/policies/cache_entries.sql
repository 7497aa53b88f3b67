DROP POLICY IF EXISTS "members view what their caches know" ON tollgate.cache_entries;
CREATE POLICY "members view what their caches know" ON tollgate.cache_entries
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system changes entries of its batch" ON tollgate.cache_entries;
CREATE POLICY "the system changes entries of its batch" ON tollgate.cache_entries
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

DROP POLICY IF EXISTS "the sweep finds entries that have ended" ON tollgate.cache_entries;
CREATE POLICY "the sweep finds entries that have ended" ON tollgate.cache_entries
  FOR SELECT TO tollgate_sweeper
  USING (ends_at <= tollgate.moment());
