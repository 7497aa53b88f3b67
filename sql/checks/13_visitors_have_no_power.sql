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
WHERE (trusted.rolname IN ('tollgate_owner', 'tollgate_server', 'tollgate_sweeper', 'tollgate_reporter', 'service_role')
    OR trusted.rolname LIKE 'pg\_%'
    OR trusted.rolbypassrls AND NOT trusted.rolsuper)
  AND pg_has_role(visitor.oid, trusted.oid, 'MEMBER')
UNION ALL
SELECT format('%s may create in schema %I', rolname, nspname)
FROM visitor
  CROSS JOIN pg_namespace
WHERE nspname = 'tollgate' AND has_schema_privilege(visitor.oid, pg_namespace.oid, 'CREATE')
UNION ALL
SELECT format('%s owns %s.%s', rolname, nspname, owned.name)
FROM visitor
  JOIN (
    SELECT relowner AS owner, relnamespace AS namespace, relname AS name FROM pg_class
    UNION ALL
    SELECT proowner, pronamespace, proname FROM pg_proc
  ) AS owned ON owned.owner = visitor.oid
  JOIN pg_namespace ON pg_namespace.oid = owned.namespace
-- What is temporary is seen by nobody else.
WHERE nspname !~ '^pg_(toast_)?temp_'
