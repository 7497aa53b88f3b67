-- Invariant 13: anon and authenticated are above no policy, can become nobody who is trusted, and make nothing here.
WITH visitor AS (
  SELECT oid, rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication
  FROM pg_roles
  WHERE rolname IN ('anon', 'authenticated')
)
SELECT format('%s has the attribute %s', rolname, attribute)
FROM visitor,
  LATERAL (VALUES
    ('SUPERUSER', rolsuper), ('BYPASSRLS', rolbypassrls), ('CREATEROLE', rolcreaterole), ('CREATEDB', rolcreatedb),
    ('REPLICATION', rolreplication)) AS held (attribute, is_held)
WHERE is_held
UNION ALL
SELECT format('%s is a member of %s', visitor.rolname, trusted.rolname)
FROM visitor
  CROSS JOIN pg_roles AS trusted
WHERE (trusted.rolname IN ('tollgate_owner', 'tollgate_server', 'tollgate_sweeper', 'service_role')
    OR trusted.rolname LIKE 'pg\_%'
    OR trusted.rolbypassrls AND NOT trusted.rolsuper)
  AND pg_has_role(visitor.oid, trusted.oid, 'MEMBER')
UNION ALL
SELECT format('%s may create in schema %I', rolname, nspname)
FROM visitor
  CROSS JOIN pg_namespace
WHERE nspname = 'tollgate' AND has_schema_privilege(visitor.oid, pg_namespace.oid, 'CREATE')
UNION ALL
SELECT format('%s owns %s', rolname, pg_describe_object(classid, objid, objsubid))
FROM visitor
  JOIN pg_shdepend ON refclassid = 'pg_authid'::regclass AND refobjid = visitor.oid AND deptype = 'o'
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
