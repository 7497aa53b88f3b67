DROP POLICY IF EXISTS "members view their months" ON tollgate.usage_months;
CREATE POLICY "members view their months" ON tollgate.usage_months
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system rolls up for its batch" ON tollgate.usage_months;
CREATE POLICY "the system rolls up for its batch" ON tollgate.usage_months
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

-- For the functions that report on all organizations.
DROP POLICY IF EXISTS "reports are of every organization" ON tollgate.usage_months;
CREATE POLICY "reports are of every organization" ON tollgate.usage_months
  FOR SELECT TO tollgate_reporter
  USING (organization_id IS NOT NULL);
