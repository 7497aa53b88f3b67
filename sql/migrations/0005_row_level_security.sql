-- Row-level security is on and forced, for the owner too; nobody but the owner may write. Policies are in sql/policies.

SET LOCAL ROLE tollgate_owner;

DO $$
DECLARE
  tenant_table regclass;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY[
    'public.organizations', 'public.user_profiles', 'public.ai_tokens', 'public.ai_token_usage_log',
    'tollgate.ledger_entries', 'tollgate.idempotency_keys'
  ]::regclass[]
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', tenant_table);
    -- Supabase's default privileges give new tables in public to everybody.
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, anon, authenticated, service_role', tenant_table);
    EXECUTE format('GRANT SELECT ON %s TO service_role', tenant_table);
  END LOOP;
END
$$;

GRANT SELECT ON public.organizations, public.user_profiles, public.ai_tokens, public.ai_token_usage_log,
  tollgate.ledger_entries TO authenticated;
GRANT SELECT ON tollgate.token_types, tollgate.plans, tollgate.plan_allocations, tollgate.features
  TO authenticated, service_role;
