DROP POLICY IF EXISTS "the system keeps webhooks of its batch" ON tollgate.webhooks;
CREATE POLICY "the system keeps webhooks of its batch" ON tollgate.webhooks
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

-- For tollgate.read_webhooks() and tollgate.find_due_deliveries(): whose they are is what is looked for.
GRANT SELECT 
    (organization_id, webhook_id, url, events, active, previous_secret_ends_at, disabled_reason, failures, failing_since,
     last_attempt_at, last_delivery_at, created_at, updated_at)
  ON tollgate.webhooks TO tollgate_reporter;
DROP POLICY IF EXISTS "reports are of every organization" ON tollgate.webhooks;
CREATE POLICY "reports are of every organization" ON tollgate.webhooks
  FOR SELECT TO tollgate_reporter
  USING (organization_id IS NOT NULL);
