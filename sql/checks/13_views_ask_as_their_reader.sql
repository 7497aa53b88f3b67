-- Invariant 13: views read with their reader's rights, and nothing is materialized where no policy can reach it.
SELECT format('view %s reads with its owner''s rights', class.oid::regclass)
FROM pg_class AS class
  JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind = 'v'
  AND (namespace.nspname = 'tollgate' OR class.relowner = to_regrole('tollgate_owner'))
  AND NOT EXISTS (
    SELECT
    FROM pg_options_to_table(class.reloptions)
    WHERE option_name = 'security_invoker' AND option_value::boolean
  )
UNION ALL
SELECT format('materialized view %s can be read by %s', class.oid::regclass,
  CASE privilege.grantee WHEN 0 THEN 'everybody' ELSE privilege.grantee::regrole::text END)
FROM pg_class AS class
  JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace,
  aclexplode(class.relacl) AS privilege
WHERE class.relkind = 'm'
  AND (namespace.nspname = 'tollgate' OR class.relowner = to_regrole('tollgate_owner'))
  AND privilege.grantee <> class.relowner
