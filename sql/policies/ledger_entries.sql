DROP POLICY IF EXISTS "members view their ledger" ON tollgate.ledger_entries;
CREATE POLICY "members view their ledger" ON tollgate.ledger_entries
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system writes the ledger" ON tollgate.ledger_entries;
CREATE POLICY "the system writes the ledger" ON tollgate.ledger_entries
  FOR INSERT TO tollgate_owner
  WITH CHECK ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

DROP POLICY IF EXISTS "the system reads the ledger of its batch" ON tollgate.ledger_entries;
CREATE POLICY "the system reads the ledger of its batch" ON tollgate.ledger_entries
  FOR SELECT TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

-- For tollgate.find_unrolled(), which may read whose rows there are and how far they go, and nothing else of them.
DROP POLICY IF EXISTS "reports are of every organization" ON tollgate.ledger_entries;
CREATE POLICY "reports are of every organization" ON tollgate.ledger_entries
  FOR SELECT TO tollgate_reporter
  USING (organization_id IS NOT NULL);
