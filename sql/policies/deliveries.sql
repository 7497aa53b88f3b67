DROP POLICY IF EXISTS "the system keeps deliveries of its batch" ON tollgate.deliveries;
CREATE POLICY "the system keeps deliveries of its batch" ON tollgate.deliveries
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

-- For tollgate.find_due_deliveries() and tollgate.find_ended_deliveries(): whose they are is what is looked for.
GRANT SELECT
    (organization_id, delivery_id, channel, receiver_id, event_organization_id, line_id, status, next_attempt_at,
     attempted_at, finished_at)
  ON tollgate.deliveries TO tollgate_reporter;
DROP POLICY IF EXISTS "reports are of every organization" ON tollgate.deliveries;
CREATE POLICY "reports are of every organization" ON tollgate.deliveries
  FOR SELECT TO tollgate_reporter
  USING (organization_id IS NOT NULL);
