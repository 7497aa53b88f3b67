-- Invariant 13: row-level security is on and forced on every tenant table and each of its partitions.
SELECT format('%s: row-level security is %s', class.oid::regclass,
  CASE WHEN class.relrowsecurity THEN 'not forced on its owner' ELSE 'off' END)
FROM pg_class AS class
  JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind IN ('r', 'p')
  AND NOT (class.relrowsecurity AND class.relforcerowsecurity)
  AND (namespace.nspname = 'tollgate'
    OR class.relowner = to_regrole('tollgate_owner')
    OR class.oid IN (to_regclass('public.user_profiles'), to_regclass('public.ai_tokens'),
      to_regclass('public.ai_token_usage_log'), to_regclass('public.organizations')))
  AND (class.oid = to_regclass('public.organizations')
    OR EXISTS (
      SELECT
      FROM pg_attribute
      WHERE attrelid = class.oid AND attname = 'organization_id'
    ))
