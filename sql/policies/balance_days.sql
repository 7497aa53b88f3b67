DROP POLICY IF EXISTS "members view the days of their balances" ON tollgate.balance_days;
CREATE POLICY "members view the days of their balances" ON tollgate.balance_days
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system rolls up for its batch" ON tollgate.balance_days;
CREATE POLICY "the system rolls up for its batch" ON tollgate.balance_days
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);
