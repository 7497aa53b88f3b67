-- Invariant 13: the server's login is no superuser, is exempt from nothing, owns nothing, creates nothing, reads no table.
SELECT format('tollgate_server has the attribute %s', attribute)
FROM pg_roles,
  LATERAL (VALUES
    ('SUPERUSER', rolsuper), ('BYPASSRLS', rolbypassrls), ('CREATEROLE', rolcreaterole), ('CREATEDB', rolcreatedb),
    ('REPLICATION', rolreplication)) AS held (attribute, is_held)
WHERE rolname = 'tollgate_server' AND is_held
UNION ALL
SELECT format('tollgate_server is a member of %s', roleid::regrole)
FROM pg_auth_members
WHERE member = to_regrole('tollgate_server')
UNION ALL
SELECT format('tollgate_server may create in schema %I', nspname)
FROM pg_namespace
WHERE has_schema_privilege(to_regrole('tollgate_server'), oid, 'CREATE')
UNION ALL
SELECT 'tollgate_server may create schemas in this database'
WHERE has_database_privilege(to_regrole('tollgate_server'), current_database(), 'CREATE')
UNION ALL
SELECT format('tollgate_server owns %s', pg_describe_object(classid, objid, objsubid))
FROM pg_shdepend
WHERE refclassid = 'pg_authid'::regclass
  AND refobjid = to_regrole('tollgate_server')
  AND deptype = 'o'
  AND (dbid = 0 OR dbid = (SELECT oid FROM pg_database WHERE datname = current_database()))
UNION ALL
SELECT format('tollgate_server may read or write %s', class.oid::regclass)
FROM pg_class AS class
  JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND (namespace.nspname = 'tollgate' OR class.relowner = to_regrole('tollgate_owner'))
  AND (has_table_privilege(
      to_regrole('tollgate_server'), class.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
    OR has_any_column_privilege(to_regrole('tollgate_server'), class.oid, 'SELECT, INSERT, UPDATE, REFERENCES'))
