-- Invariant 13: others than the owner may read Tollgate's tables and views, and nothing else: not write, not refer to
-- them (which would tell whether a key exists), not hang triggers or rules on them.
--
-- What may not be done to logs is invariant 12; tollgate_server, which may not even read, has a check of its own.
WITH log AS (
  SELECT root AS relid
  FROM unnest(ARRAY['public.ai_token_usage_log', 'tollgate.ledger_entries', 'tollgate.idempotency_keys',
    'tollgate.pack_uses', 'tollgate.refunds', 'tollgate.events', 'tollgate.audit_log']::regclass[]) AS root
  UNION
  SELECT tree.relid
  FROM unnest(ARRAY['public.ai_token_usage_log', 'tollgate.ledger_entries', 'tollgate.idempotency_keys']::regclass[])
      AS root,
    pg_partition_tree(root) AS tree
),
relation AS (
  SELECT class.oid, class.relowner, class.relacl
  FROM pg_class AS class
    JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
  WHERE class.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND (namespace.nspname = 'tollgate' OR class.relowner = to_regrole('tollgate_owner'))
)
SELECT format('%s may %s on %s',
  CASE privilege.grantee WHEN 0 THEN 'everybody' ELSE privilege.grantee::regrole::text END,
  privilege.privilege_type, relation.oid::regclass)
FROM relation,
  aclexplode(relation.relacl) AS privilege
WHERE privilege.grantee <> relation.relowner
  AND privilege.grantee IS DISTINCT FROM to_regrole('tollgate_server')
  AND privilege.privilege_type NOT IN ('SELECT', 'TRUNCATE')
  AND NOT (privilege.privilege_type IN ('UPDATE', 'DELETE') AND relation.oid IN (SELECT log.relid FROM log))
UNION ALL
SELECT format('%s may %s column %I of %s',
  CASE privilege.grantee WHEN 0 THEN 'everybody' ELSE privilege.grantee::regrole::text END,
  privilege.privilege_type, attname, relation.oid::regclass)
FROM relation
  JOIN pg_attribute ON attrelid = relation.oid,
  aclexplode(attacl) AS privilege
WHERE privilege.grantee <> relation.relowner
  AND privilege.grantee IS DISTINCT FROM to_regrole('tollgate_server')
  AND privilege.privilege_type <> 'SELECT'
  AND NOT (privilege.privilege_type = 'UPDATE' AND relation.oid IN (SELECT log.relid FROM log))
UNION ALL
SELECT format('what tollgate_owner makes from now on is for %s (%s)',
  CASE privilege.grantee WHEN 0 THEN 'everybody' ELSE privilege.grantee::regrole::text END, privilege.privilege_type)
FROM pg_default_acl,
  aclexplode(defaclacl) AS privilege
WHERE defaclrole = to_regrole('tollgate_owner') AND privilege.grantee <> defaclrole
UNION ALL
SELECT format('rule %I on %s runs with its owner''s rights', rulename, relation.oid::regclass)
FROM relation
  JOIN pg_rewrite ON ev_class = relation.oid
WHERE rulename <> '_RETURN'
