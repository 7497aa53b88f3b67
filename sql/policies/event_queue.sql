DROP POLICY IF EXISTS "the system queues events of its batch" ON tollgate.event_queue;
CREATE POLICY "the system queues events of its batch" ON tollgate.event_queue
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

-- For tollgate.find_queued_events(): whose they are is what is looked for.
GRANT SELECT (organization_id, event_id) ON tollgate.event_queue TO tollgate_reporter;
DROP POLICY IF EXISTS "reports are of every organization" ON tollgate.event_queue;
CREATE POLICY "reports are of every organization" ON tollgate.event_queue
  FOR SELECT TO tollgate_reporter
  USING (organization_id IS NOT NULL);
