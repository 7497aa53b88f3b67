DROP POLICY IF EXISTS "members view their content budget" ON tollgate.content_budgets;
CREATE POLICY "members view their content budget" ON tollgate.content_budgets
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system changes content budgets of its batch" ON tollgate.content_budgets;
CREATE POLICY "the system changes content budgets of its batch" ON tollgate.content_budgets
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

-- For tollgate.read_content_budgets(), which lists them all. To a role of its own, so that no setting opens it.
DROP POLICY IF EXISTS "reports are of every content budget" ON tollgate.content_budgets;
CREATE POLICY "reports are of every content budget" ON tollgate.content_budgets
  FOR SELECT TO tollgate_reporter
  USING (organization_id IS NOT NULL);
