DROP POLICY IF EXISTS "members view their reservations" ON tollgate.reservations;
CREATE POLICY "members view their reservations" ON tollgate.reservations
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system changes reservations of its batch" ON tollgate.reservations;
CREATE POLICY "the system changes reservations of its batch" ON tollgate.reservations
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

DROP POLICY IF EXISTS "the sweep finds reservations that are over" ON tollgate.reservations;
CREATE POLICY "the sweep finds reservations that are over" ON tollgate.reservations
  FOR SELECT TO tollgate_sweeper
  USING (status = 'open' AND expires_at <= tollgate.moment());
