-- Invariant 13: Tollgate's objects are owned by tollgate_owner, as whom nobody can log in and who is above no policy; but
-- for the functions that look for what is due, which are tollgate_sweeper's, and those that report on all organizations or
-- find what is not rolled up, which are tollgate_reporter's.
SELECT format('%s is owned by %s', class.oid::regclass, class.relowner::regrole)
FROM pg_class AS class
  JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
  AND (namespace.nspname = 'tollgate'
    OR namespace.nspname = 'public'
    AND class.relname IN ('organizations', 'user_profiles', 'ai_tokens', 'ai_token_usage_log'))
  AND class.relowner IS DISTINCT FROM to_regrole('tollgate_owner')
UNION ALL
SELECT format('%s is owned by %s', procedure.oid::regprocedure, procedure.proowner::regrole)
FROM pg_proc AS procedure
  JOIN pg_namespace AS namespace ON namespace.oid = procedure.pronamespace
WHERE namespace.nspname = 'tollgate'
  AND procedure.proowner IS DISTINCT FROM CASE
    WHEN procedure.proname IN ('find_due_balances', 'find_ended_authorizations', 'find_ended_entries',
      'find_refused_credentials')
      THEN to_regrole('tollgate_sweeper')
    WHEN procedure.proname IN ('find_behind', 'find_due_deliveries', 'find_ended_deliveries', 'find_organizations',
      'find_queued_events', 'find_unrolled', 'find_users', 'find_watched_organizations', 'read_alert_events', 'read_alerts',
      'read_audit_log', 'read_content_budgets', 'read_costs', 'read_overview', 'read_payment_customers', 'read_running_out',
      'read_service_usage', 'read_webhooks')
      THEN to_regrole('tollgate_reporter')
    ELSE to_regrole('tollgate_owner')
  END
UNION ALL
SELECT format('schema tollgate is owned by %s', nspowner::regrole)
FROM pg_namespace
WHERE nspname = 'tollgate' AND nspowner IS DISTINCT FROM to_regrole('tollgate_owner')
UNION ALL
SELECT format('%s can log in', rolname)
FROM pg_roles
WHERE rolname IN ('tollgate_owner', 'tollgate_sweeper', 'tollgate_reporter') AND rolcanlogin
UNION ALL
SELECT format('%s is a superuser or is exempt from row-level security', rolname)
FROM pg_roles
WHERE rolname IN ('tollgate_owner', 'tollgate_sweeper', 'tollgate_reporter') AND (rolsuper OR rolbypassrls)
UNION ALL
SELECT format('tollgate_owner inherits what %s may read', reader)
FROM unnest(ARRAY['tollgate_sweeper', 'tollgate_reporter']) AS reader
WHERE pg_has_role(to_regrole('tollgate_owner'), to_regrole(reader), 'USAGE')
