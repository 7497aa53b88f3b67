-- Invariant 13: no function is for everybody, each that runs with its owner's rights pins search_path, pg_temp last, and
-- none claims to be leakproof, which would let it see rows before the policies have.
WITH routine AS (
  SELECT procedure.*
  FROM pg_proc AS procedure
    JOIN pg_namespace AS namespace ON namespace.oid = procedure.pronamespace
  WHERE namespace.nspname = 'tollgate' OR procedure.proowner = to_regrole('tollgate_owner')
)
SELECT format('everybody may execute %s', routine.oid::regprocedure)
FROM routine
WHERE EXISTS (
  SELECT
  FROM aclexplode(coalesce(routine.proacl, acldefault('f', routine.proowner))) AS privilege
  WHERE privilege.grantee = 0
)
UNION ALL
SELECT format('%s runs as its owner without a search_path that ends in pg_temp', routine.oid::regprocedure)
FROM routine
WHERE routine.prosecdef
  AND NOT EXISTS (
    SELECT
    FROM unnest(routine.proconfig) AS setting
    WHERE setting ~ '^search_path=(pg_catalog, )?pg_temp$'
  )
UNION ALL
SELECT format('%s claims to be leakproof', routine.oid::regprocedure)
FROM routine
WHERE routine.proleakproof
