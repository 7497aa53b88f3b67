-- Invariant 18: an API key is kept as a digest that fits no other row and that nobody else may read, and has one owner.
SELECT format('key %s: %s bytes are kept of it, which is no SHA-256 digest', key_id, octet_length(digest))
FROM tollgate.api_keys
WHERE octet_length(digest) <> 32
UNION ALL
SELECT format('key %s has %s rows', key_id, count(*))
FROM tollgate.api_keys
GROUP BY key_id
HAVING count(*) > 1
UNION ALL
SELECT format('%s keys have the digest of key %s', count(*), min(key_id::text))
FROM tollgate.api_keys
GROUP BY digest
HAVING count(DISTINCT key_id) > 1
UNION ALL
SELECT format('key %s belongs to organization %s, which does not exist', key_id, organization_id)
FROM tollgate.api_keys
WHERE organization_id <> '00000000-0000-0000-0000-000000000000'
  AND NOT EXISTS (
    SELECT
    FROM public.organizations AS organization
    WHERE organization.id = api_keys.organization_id
  )
UNION ALL
SELECT format('%s may read the digests of keys',
  CASE privilege.grantee WHEN 0 THEN 'everybody' ELSE privilege.grantee::regrole::text END)
FROM pg_class AS class
  JOIN pg_attribute ON attrelid = class.oid AND attname = 'digest',
  aclexplode(class.relacl || attacl) AS privilege
WHERE class.oid = to_regclass('tollgate.api_keys')
  AND privilege.grantee <> class.relowner
  AND privilege.privilege_type = 'SELECT'
