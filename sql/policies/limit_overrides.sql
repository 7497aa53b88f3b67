DROP POLICY IF EXISTS "members view their limits" ON tollgate.limit_overrides;
CREATE POLICY "members view their limits" ON tollgate.limit_overrides
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system changes limits of its batch" ON tollgate.limit_overrides;
CREATE POLICY "the system changes limits of its batch" ON tollgate.limit_overrides
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);
