-- Invariant 13: a policy admits members to their own organization alone, and the owner to those it works for.
--
-- Members are admitted for reading, by tollgate.current_organization_id(), which asks user_profiles. No policy is for
-- everybody, has an alternative, believes what a token says besides its user, or calls what answers differently each time.
WITH policy AS (
  SELECT
    policy.oid,
    format('policy %I on %s', policy.polname, policy.polrelid::regclass) AS name,
    policy.polcmd AS command,
    ARRAY(
      SELECT coalesce(pg_roles.rolname, 'everybody')
      FROM unnest(policy.polroles) AS role
        LEFT JOIN pg_roles ON pg_roles.oid = role
    ) AS roles,
    array_remove(ARRAY[
      pg_get_expr(policy.polqual, policy.polrelid), pg_get_expr(policy.polwithcheck, policy.polrelid)
    ], NULL) AS conditions
  FROM pg_policy AS policy
    JOIN pg_class AS class ON class.oid = policy.polrelid
    JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
  WHERE namespace.nspname = 'tollgate' OR class.relowner = to_regrole('tollgate_owner')
)
SELECT format('%s is for %s', name, array_to_string(roles, ', '))
FROM policy
WHERE NOT roles <@ ARRAY['authenticated', 'tollgate_owner', 'tollgate_sweeper', 'tollgate_reporter']::name[]
UNION ALL
SELECT format('%s admits %s to more than reading', name, array_to_string(roles, ', '))
FROM policy
WHERE command <> 'r' AND roles <> ARRAY['tollgate_owner']::name[]
UNION ALL
SELECT format('%s admits members by %s', name, condition)
FROM policy,
  unnest(conditions) AS condition
WHERE 'authenticated' = ANY (roles)
  AND (condition ~ '\mOR\M'
    OR condition !~ '\m(organization_id|id) = \( SELECT tollgate\.current_organization_id\(\)')
UNION ALL
SELECT format('%s admits the owner by %s', name, condition)
FROM policy,
  unnest(conditions) AS condition
WHERE 'tollgate_owner' = ANY (roles)
  AND (condition ~ '\mOR\M'
    OR condition !~ '\m(organization_id|id) = ANY .*tollgate\.batch_organizations\(\)'
      -- Those who are looked for before it is known whose they are.
      AND condition !~ '^\(id = .*current_setting\(''tollgate\.user_id'''
      AND condition !~ '^\(key_id = .*current_setting\(''tollgate\.keys'''
      AND condition !~ '^\(event_id = .*current_setting\(''tollgate\.payment_events'''
      AND condition !~ '^\(customer_id = .*current_setting\(''tollgate\.customers''')
UNION ALL
SELECT format('%s believes what is in a token besides its user', name)
FROM policy,
  unnest(conditions) AS condition
WHERE condition ~* '(user|app)_?meta_?data|request\.jwt|auth\.jwt'
UNION ALL
SELECT format('%s calls %s, which is volatile', name, called.oid::regprocedure)
FROM policy
  JOIN pg_depend ON classid = 'pg_policy'::regclass AND objid = policy.oid AND refclassid = 'pg_proc'::regclass
  JOIN pg_proc AS called ON called.oid = refobjid
WHERE called.provolatile = 'v'
UNION ALL
SELECT format('%s calls %s, which looks for names where its caller says', name, called.oid::regprocedure)
FROM policy
  JOIN pg_depend ON classid = 'pg_policy'::regclass AND objid = policy.oid AND refclassid = 'pg_proc'::regclass
  JOIN pg_proc AS called ON called.oid = refobjid
WHERE 'authenticated' = ANY (roles)
  AND NOT EXISTS (
    SELECT
    FROM unnest(called.proconfig) AS setting
    WHERE setting LIKE 'search\_path=%'
  )
