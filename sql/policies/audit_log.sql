-- Members see none of it: it names the service's keys and what other tenants share.
DROP POLICY IF EXISTS "the system records changes" ON tollgate.audit_log;
CREATE POLICY "the system records changes" ON tollgate.audit_log
  FOR INSERT TO tollgate_owner
  WITH CHECK ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

-- For tollgate.read_audit_log(), which lists them all.
DROP POLICY IF EXISTS "reports are of every change" ON tollgate.audit_log;
CREATE POLICY "reports are of every change" ON tollgate.audit_log
  FOR SELECT TO tollgate_reporter
  USING (organization_id IS NOT NULL);
