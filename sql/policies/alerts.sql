DROP POLICY IF EXISTS "the system keeps rules of its batch" ON tollgate.alerts;
CREATE POLICY "the system keeps rules of its batch" ON tollgate.alerts
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

-- For tollgate.read_alerts() and tollgate.find_watched_organizations(): whose they are is what is looked for.
GRANT SELECT ON tollgate.alerts TO tollgate_reporter;
DROP POLICY IF EXISTS "reports are of every organization" ON tollgate.alerts;
CREATE POLICY "reports are of every organization" ON tollgate.alerts
  FOR SELECT TO tollgate_reporter
  USING (organization_id IS NOT NULL);
