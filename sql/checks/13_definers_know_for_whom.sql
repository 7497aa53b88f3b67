-- Invariant 13: a function that runs with its owner's rights finds out whom it works for before it looks at a tenant.
--
-- What members may call asks the claims (tollgate.identify_caller, or what calls it). What looks at tenants admits itself
-- to their organizations, or to the keys it looks for, so that a setting of its caller means nothing. Judged by the
-- functions' texts.
WITH definer AS (
  SELECT routine.oid, routine.proacl, coalesce(pg_get_function_sqlbody(routine.oid), routine.prosrc) AS body
  FROM pg_proc AS routine
    JOIN pg_namespace AS namespace ON namespace.oid = routine.pronamespace
  WHERE namespace.nspname = 'tollgate'
    AND routine.prosecdef
    AND routine.proowner = to_regrole('tollgate_owner')
    -- Look at all tenants, by the policies of a role that has to own them: another check sees to that.
    AND routine.proname NOT IN ('find_due_balances', 'find_ended_authorizations')
),
tenant_relation AS (
  SELECT format('%s.%s', namespace.nspname, class.relname) AS name
  FROM pg_class AS class
    JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
  WHERE class.relkind IN ('r', 'p', 'v')
    AND NOT class.relispartition
    AND (namespace.nspname = 'tollgate' OR class.relowner = to_regrole('tollgate_owner'))
    AND (class.oid = to_regclass('public.organizations')
      OR EXISTS (
        SELECT
        FROM pg_attribute
        WHERE attrelid = class.oid AND attname = 'organization_id'
      ))
)
SELECT format('%s is for members and does not ask who calls', definer.oid::regprocedure)
FROM definer
WHERE EXISTS (
    SELECT
    FROM aclexplode(definer.proacl) AS privilege
    WHERE privilege.grantee IN (to_regrole('anon'), to_regrole('authenticated'))
  )
  AND definer.body !~ '\mtollgate\.(identify_caller|settle_one|current_user_id)\('
UNION ALL
SELECT format('%s looks at tenants and admits itself to none', definer.oid::regprocedure)
FROM definer
WHERE definer.body !~ '\mtollgate\.admit_(organizations|keys)\('
  AND definer.body !~ 'set_config\(''tollgate\.organizations'''
  AND EXISTS (
    SELECT
    FROM regexp_matches(definer.body, '\m(?:FROM|JOIN|INTO|UPDATE)\s+(\w+\.\w+)', 'g') AS named
      JOIN tenant_relation ON tenant_relation.name = named[1]
  )
