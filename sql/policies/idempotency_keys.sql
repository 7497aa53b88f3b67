DROP POLICY IF EXISTS "the system remembers keys" ON tollgate.idempotency_keys;
CREATE POLICY "the system remembers keys" ON tollgate.idempotency_keys
  FOR INSERT TO tollgate_owner
  WITH CHECK ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

DROP POLICY IF EXISTS "the system recalls keys of its batch" ON tollgate.idempotency_keys;
CREATE POLICY "the system recalls keys of its batch" ON tollgate.idempotency_keys
  FOR SELECT TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);
