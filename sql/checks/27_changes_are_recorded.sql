-- Invariant 27: what administrators change is recorded: each table of theirs has the trigger that does so, and each row
-- is in the audit log, and as it says that the row was left.
--
-- A content budget that nobody has decided anything about is in no record: the trigger does not see that one is made,
-- because spending makes it. The columns compared are those that the trigger shows.
WITH administered AS (
  SELECT relation::regclass AS relid
  FROM unnest(ARRAY['public.organizations', 'public.user_profiles', 'tollgate.api_keys', 'tollgate.auto_top_ups',
    'tollgate.limit_overrides', 'tollgate.caches', 'tollgate.content_budgets', 'tollgate.plans',
    'tollgate.plan_allocations', 'tollgate.token_types', 'tollgate.features', 'tollgate.limits',
    'tollgate.content_levels', 'tollgate.token_counters', 'tollgate.providers', 'tollgate.alerts',
    'tollgate.webhooks', 'tollgate.payment_packs', 'tollgate.payment_customers', 'tollgate.plan_prices',
    'tollgate.pack_prices']) AS relation
),
recorder AS (
  SELECT tgrelid AS relid, tgenabled, string_to_array(encode(tgargs, 'escape'), '\000') AS arguments,
    -- Bit 2 of tgtype: it fires when a row is inserted.
    (tgtype & 4) <> 0 AS sees_new_rows
  FROM pg_trigger
  WHERE tgfoid = to_regproc('tollgate.record_row') AND NOT tgisinternal
),
stored AS (
  SELECT 'public.organizations'::regclass AS relid, id AS organization_id, to_jsonb(known) AS columns
  FROM public.organizations AS known
  UNION ALL
  SELECT 'public.user_profiles'::regclass, organization_id, to_jsonb(known)
  FROM public.user_profiles AS known
  UNION ALL
  SELECT 'tollgate.api_keys'::regclass, organization_id, to_jsonb(known)
  FROM tollgate.api_keys AS known
  UNION ALL
  SELECT 'tollgate.auto_top_ups'::regclass, organization_id, to_jsonb(known)
  FROM tollgate.auto_top_ups AS known
  UNION ALL
  SELECT 'tollgate.limit_overrides'::regclass, organization_id, to_jsonb(known)
  FROM tollgate.limit_overrides AS known
  UNION ALL
  SELECT 'tollgate.caches'::regclass, organization_id, to_jsonb(known)
  FROM tollgate.caches AS known
  UNION ALL
  SELECT 'tollgate.content_budgets'::regclass, organization_id, to_jsonb(known)
  FROM tollgate.content_budgets AS known
  UNION ALL
  SELECT 'tollgate.plans'::regclass, '00000000-0000-0000-0000-000000000000', to_jsonb(known)
  FROM tollgate.plans AS known
  UNION ALL
  SELECT 'tollgate.plan_allocations'::regclass, '00000000-0000-0000-0000-000000000000', to_jsonb(known)
  FROM tollgate.plan_allocations AS known
  UNION ALL
  SELECT 'tollgate.token_types'::regclass, '00000000-0000-0000-0000-000000000000', to_jsonb(known)
  FROM tollgate.token_types AS known
  UNION ALL
  SELECT 'tollgate.features'::regclass, '00000000-0000-0000-0000-000000000000', to_jsonb(known)
  FROM tollgate.features AS known
  UNION ALL
  SELECT 'tollgate.limits'::regclass, '00000000-0000-0000-0000-000000000000', to_jsonb(known)
  FROM tollgate.limits AS known
  UNION ALL
  SELECT 'tollgate.content_levels'::regclass, '00000000-0000-0000-0000-000000000000', to_jsonb(known)
  FROM tollgate.content_levels AS known
  UNION ALL
  SELECT 'tollgate.token_counters'::regclass, '00000000-0000-0000-0000-000000000000', to_jsonb(known)
  FROM tollgate.token_counters AS known
  UNION ALL
  SELECT 'tollgate.providers'::regclass, '00000000-0000-0000-0000-000000000000', to_jsonb(known)
  FROM tollgate.providers AS known
  UNION ALL
  SELECT 'tollgate.alerts'::regclass, organization_id, to_jsonb(known)
  FROM tollgate.alerts AS known
  UNION ALL
  SELECT 'tollgate.webhooks'::regclass, organization_id, to_jsonb(known)
  FROM tollgate.webhooks AS known
  UNION ALL
  SELECT 'tollgate.payment_packs'::regclass, '00000000-0000-0000-0000-000000000000', to_jsonb(known)
  FROM tollgate.payment_packs AS known
  UNION ALL
  SELECT 'tollgate.payment_customers'::regclass, organization_id, to_jsonb(known)
  FROM tollgate.payment_customers AS known
  UNION ALL
  SELECT 'tollgate.plan_prices'::regclass, '00000000-0000-0000-0000-000000000000', to_jsonb(known)
  FROM tollgate.plan_prices AS known
  UNION ALL
  SELECT 'tollgate.pack_prices'::regclass, '00000000-0000-0000-0000-000000000000', to_jsonb(known)
  FROM tollgate.pack_prices AS known
),
present AS (
  SELECT stored.organization_id, recorder.arguments[1] AS noun, recorder.sees_new_rows,
    tollgate.recorded_subject(stored.columns, string_to_array(recorder.arguments[2], ' ')) AS subject,
    tollgate.recorded_columns(stored.columns, string_to_array(recorder.arguments[3], ' ')) AS shown
  FROM stored
    JOIN recorder ON recorder.relid = stored.relid
),
last_record AS (
  SELECT DISTINCT ON (record.organization_id, noun, record.subject)
    record.organization_id, split_part(record.change, '.', 1) AS noun, record.subject, record.after
  FROM tollgate.audit_log AS record
  WHERE split_part(record.change, '.', 2) IN ('create', 'update', 'delete')
    AND split_part(record.change, '.', 1) IN (SELECT arguments[1] FROM recorder)
  ORDER BY record.organization_id, noun, record.subject, record.number DESC
)
SELECT format('changes of %s are not recorded', administered.relid)
FROM administered
WHERE NOT EXISTS (
  SELECT
  FROM recorder
  WHERE recorder.relid = administered.relid AND recorder.tgenabled IN ('O', 'A')
)
UNION ALL
SELECT format('%s %s of %s is not as it was last recorded', last_record.noun, last_record.subject,
  last_record.organization_id)
FROM last_record
  LEFT JOIN present USING (organization_id, noun, subject)
WHERE (last_record.after - 'replaced') IS DISTINCT FROM present.shown
UNION ALL
SELECT format('%s %s of %s is in no record', present.noun, present.subject, present.organization_id)
FROM present
WHERE present.sees_new_rows
  AND NOT EXISTS (
    SELECT
    FROM last_record
    WHERE (last_record.organization_id, last_record.noun, last_record.subject)
      = (present.organization_id, present.noun, present.subject)
  )
