DROP POLICY IF EXISTS "the system keeps raised alerts of its batch" ON tollgate.alert_states;
CREATE POLICY "the system keeps raised alerts of its batch" ON tollgate.alert_states
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

-- For tollgate.find_watched_organizations(): whose they are is what is looked for.
GRANT SELECT (organization_id, is_raised) ON tollgate.alert_states TO tollgate_reporter;
DROP POLICY IF EXISTS "reports are of every organization" ON tollgate.alert_states;
CREATE POLICY "reports are of every organization" ON tollgate.alert_states
  FOR SELECT TO tollgate_reporter
  USING (organization_id IS NOT NULL);
