DROP POLICY IF EXISTS "the system remembers keys" ON tollgate.idempotency_keys;
CREATE POLICY "the system remembers keys" ON tollgate.idempotency_keys
  FOR INSERT TO tollgate_owner
  WITH CHECK (array_position((SELECT tollgate.batch_organizations()), organization_id) IS NOT NULL);

DROP POLICY IF EXISTS "the system recalls keys of its batch" ON tollgate.idempotency_keys;
CREATE POLICY "the system recalls keys of its batch" ON tollgate.idempotency_keys
  FOR SELECT TO tollgate_owner
  USING (array_position((SELECT tollgate.batch_organizations()), organization_id) IS NOT NULL);
