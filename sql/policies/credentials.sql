DROP POLICY IF EXISTS "members view their credentials" ON tollgate.credentials;
CREATE POLICY "members view their credentials" ON tollgate.credentials
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system keeps credentials of its batch" ON tollgate.credentials;
CREATE POLICY "the system keeps credentials of its batch" ON tollgate.credentials
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

-- For tollgate.find_refused_credentials(), as for what is due (see ai_tokens): whose they are, and nothing else of them.
GRANT SELECT (organization_id, provider, state) ON tollgate.credentials TO tollgate_sweeper;
DROP POLICY IF EXISTS "the sweep finds credentials that were refused" ON tollgate.credentials;
CREATE POLICY "the sweep finds credentials that were refused" ON tollgate.credentials
  FOR SELECT TO tollgate_sweeper
  USING (state = 'reconsent_required');
