-- Invariant 12: no login role can update, delete or empty what was logged, and no policy lets the owner do so.
WITH log AS (
  SELECT class.oid, class.relname, class.relowner, class.relacl
  FROM pg_class AS class
  WHERE class.oid IN (
    SELECT unnest(ARRAY['tollgate.pack_uses', 'tollgate.refunds', 'tollgate.events', 'tollgate.audit_log']::regclass[])
    UNION
    SELECT tree.relid
    FROM unnest(ARRAY['public.ai_token_usage_log', 'tollgate.ledger_entries', 'tollgate.idempotency_keys']::regclass[])
        AS root,
      pg_partition_tree(root) AS tree
  )
)
SELECT format('%s may %s on %s',
  CASE privilege.grantee WHEN 0 THEN 'everybody' ELSE privilege.grantee::regrole::text END,
  privilege.privilege_type, log.oid::regclass)
FROM log,
  aclexplode(log.relacl) AS privilege
WHERE privilege.grantee <> log.relowner AND privilege.privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')
UNION ALL
SELECT format('%s may %s column %s of %s',
  CASE privilege.grantee WHEN 0 THEN 'everybody' ELSE privilege.grantee::regrole::text END,
  privilege.privilege_type, attname, log.oid::regclass)
FROM log
  JOIN pg_attribute ON attrelid = log.oid,
  aclexplode(attacl) AS privilege
WHERE privilege.grantee <> log.relowner AND privilege.privilege_type = 'UPDATE'
UNION ALL
SELECT format('policy %I on %s admits more than reading and appending', polname, log.oid::regclass)
FROM log
  JOIN pg_policy ON polrelid = log.oid
WHERE polcmd NOT IN ('r', 'a')
UNION ALL
SELECT format('%s may empty %s',
  CASE privilege.grantee WHEN 0 THEN 'everybody' ELSE privilege.grantee::regrole::text END, class.oid::regclass)
FROM pg_class AS class,
  aclexplode(class.relacl) AS privilege
WHERE class.relowner = to_regrole('tollgate_owner')
  AND class.oid NOT IN (SELECT log.oid FROM log)
  AND privilege.grantee <> class.relowner
  AND privilege.privilege_type = 'TRUNCATE'
