DROP POLICY IF EXISTS "members view their organization's keys" ON tollgate.api_keys;
CREATE POLICY "members view their organization's keys" ON tollgate.api_keys
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system makes and lists keys of its batch" ON tollgate.api_keys;
CREATE POLICY "the system makes and lists keys of its batch" ON tollgate.api_keys
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

-- A key has to be found before anybody knows whose it is.
DROP POLICY IF EXISTS "the system finds and changes the keys it asks for" ON tollgate.api_keys;
CREATE POLICY "the system finds and changes the keys it asks for" ON tollgate.api_keys
  FOR ALL TO tollgate_owner
  USING (key_id = ANY (nullif((SELECT current_setting('tollgate.keys', true)), '')::uuid[]));
