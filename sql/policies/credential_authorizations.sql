DROP POLICY IF EXISTS "the system keeps authorizations of its batch" ON tollgate.credential_authorizations;
CREATE POLICY "the system keeps authorizations of its batch" ON tollgate.credential_authorizations
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

-- For tollgate.find_ended_authorizations(), as for what is due (see ai_tokens): whose they are, and nothing else of them.
DROP POLICY IF EXISTS "the sweep finds authorizations that have ended" ON tollgate.credential_authorizations;
CREATE POLICY "the sweep finds authorizations that have ended" ON tollgate.credential_authorizations
  FOR SELECT TO tollgate_sweeper
  USING (ends_at <= tollgate.moment());
