DROP POLICY IF EXISTS "members view their events" ON tollgate.events;
CREATE POLICY "members view their events" ON tollgate.events
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system writes events" ON tollgate.events;
CREATE POLICY "the system writes events" ON tollgate.events
  FOR INSERT TO tollgate_owner
  WITH CHECK ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

DROP POLICY IF EXISTS "the system reads events of its batch" ON tollgate.events;
CREATE POLICY "the system reads events of its batch" ON tollgate.events
  FOR SELECT TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

-- For tollgate.read_alert_events(), which lists them all.
GRANT SELECT ON tollgate.events TO tollgate_reporter;
DROP POLICY IF EXISTS "reports are of every organization" ON tollgate.events;
CREATE POLICY "reports are of every organization" ON tollgate.events
  FOR SELECT TO tollgate_reporter
  USING (organization_id IS NOT NULL);
