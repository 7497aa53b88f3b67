-- Invariant 13: each key of a tenant table begins with the organization, so that no key tells tenants of each other.
WITH tenant_table AS (
  SELECT class.oid, organization.attnum
  FROM pg_class AS class
    JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
    JOIN pg_attribute AS organization
      ON organization.attrelid = class.oid
      AND organization.attname =
        CASE class.oid WHEN to_regclass('public.organizations') THEN 'id' ELSE 'organization_id' END
  WHERE class.relkind IN ('r', 'p')
    AND (namespace.nspname = 'tollgate'
      OR class.relowner = to_regrole('tollgate_owner')
      OR class.oid IN (to_regclass('public.organizations'), to_regclass('public.user_profiles'),
        to_regclass('public.ai_tokens'), to_regclass('public.ai_token_usage_log')))
)
SELECT format('unique index %s on %s does not begin with the organization', indexrelid::regclass, indrelid::regclass)
FROM pg_index
  JOIN tenant_table ON tenant_table.oid = indrelid
WHERE (indisunique OR indisexclusion) AND indkey[0] <> tenant_table.attnum
UNION ALL
SELECT format('foreign key %I of %s does not begin with the organization', conname, conrelid::regclass)
FROM pg_constraint
  JOIN tenant_table ON tenant_table.oid = conrelid
  JOIN tenant_table AS referenced ON referenced.oid = confrelid
WHERE contype = 'f' AND (conkey[1] <> tenant_table.attnum OR confkey[1] <> referenced.attnum)
UNION ALL
SELECT format('%I of %s may be NULL: such a row is nobody''s', attname, tenant_table.oid::regclass)
FROM tenant_table
  JOIN pg_attribute ON attrelid = tenant_table.oid AND pg_attribute.attnum = tenant_table.attnum
WHERE NOT attnotnull
UNION ALL
SELECT format('foreign key %I of %s, which is no tenant''s, refers to a tenant''s rows', conname, conrelid::regclass)
FROM pg_constraint
  JOIN tenant_table AS referenced ON referenced.oid = confrelid
WHERE contype = 'f' AND conrelid NOT IN (SELECT oid FROM tenant_table)
