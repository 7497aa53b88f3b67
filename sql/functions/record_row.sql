CREATE OR REPLACE FUNCTION tollgate.record_row() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
  noun CONSTANT text := TG_ARGV[0];
  key_columns CONSTANT text[] := string_to_array(TG_ARGV[1], ' ');
  shown CONSTANT text[] := string_to_array(TG_ARGV[2], ' ');
  -- What is not shown, or in part only.
  hidden CONSTANT text[] := coalesce(string_to_array(TG_ARGV[3], ' '), '{}')
    || ARRAY(SELECT split_part(part, ':', 1) FROM unnest(shown) AS part WHERE part LIKE '%:%');
  organization_column CONSTANT text := CASE
    WHEN TG_RELID = 'public.organizations'::regclass THEN 'id'
    ELSE 'organization_id'
  END;
  row_before CONSTANT jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
  row_after CONSTANT jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
  before CONSTANT jsonb := tollgate.recorded_columns(row_before, shown);
  after jsonb := tollgate.recorded_columns(row_after, shown);
  -- The catalogue and the service have the nil UUID there.
  owner_before CONSTANT uuid := nullif(row_before ->> organization_column, '00000000-0000-0000-0000-000000000000')::uuid;
  owner_after CONSTANT uuid := nullif(row_after ->> organization_column, '00000000-0000-0000-0000-000000000000')::uuid;
  subject_before CONSTANT text := tollgate.recorded_subject(row_before, key_columns);
  subject_after CONSTANT text := tollgate.recorded_subject(row_after, key_columns);
  replaced jsonb;
BEGIN
  IF TG_OP = 'UPDATE' AND (owner_before, subject_before) IS NOT DISTINCT FROM (owner_after, subject_after) THEN
    SELECT jsonb_agg(present.key ORDER BY present.key)
    INTO replaced
    FROM jsonb_each(tollgate.recorded_columns(row_after, hidden)) AS present
    WHERE present.value IS DISTINCT FROM tollgate.recorded_columns(row_before, hidden) -> present.key;
    IF replaced IS NOT NULL THEN
      after := after || jsonb_build_object('replaced', replaced);
    END IF;
    IF before IS DISTINCT FROM after THEN
      PERFORM tollgate.record_change(owner_after, noun || '.update', subject_after, before, after);
    END IF;
    RETURN NULL;
  END IF;
  -- What got another name, or another owner, is gone under the old one.
  IF TG_OP <> 'INSERT' THEN
    PERFORM tollgate.record_change(owner_before, noun || '.delete', subject_before, before, NULL);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM tollgate.record_change(owner_after, noun || '.create', subject_after, NULL, after);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tollgate.record_row() IS
  'Trigger: adds each change of a row to the audit log, whoever makes it and however. Its arguments are the noun of the change, the columns that name the row, the columns that are shown (no other ever is), in part where tollgate.recorded_columns() is told so, and columns of which is only told, as of those in part, when they were replaced.';
REVOKE ALL ON FUNCTION tollgate.record_row() FROM PUBLIC;

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR UPDATE OR DELETE
  ON public.organizations
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'organization', 'id',
    'name plan next_plan next_plan_from status payment_hold time_zone');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR UPDATE OR DELETE
  ON public.user_profiles
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'user', 'id',
    'organization_id role');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR DELETE
  OR UPDATE OF organization_id, key_id, digest, name, scopes, created_by, expires_at, replaced_by, grace_ends_at, revoked_at
  ON tollgate.api_keys
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'key', 'key_id',
    'name scopes created_by expires_at replaced_by grace_ends_at revoked_at',
    'digest');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR DELETE
  OR UPDATE OF organization_id, token_type, below, amount, period_maximum, cool_off_seconds
  ON tollgate.auto_top_ups
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'auto_top_up', 'token_type',
    'below amount period_maximum cool_off_seconds');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR UPDATE OR DELETE
  ON tollgate.limit_overrides
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'limit_override', 'limit_name',
    'maximum');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR UPDATE OR DELETE
  ON tollgate.caches
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'cache', 'cache_name',
    'key_members ttl_seconds daily_quota fallback feature lease_seconds wait_seconds maximum_entries');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER DELETE
  OR UPDATE OF organization_id, level, budget_tokens, counter, deactivates_automatically
  ON tollgate.content_budgets
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'content_budget', 'organization_id',
    'level budget_tokens counter deactivates_automatically');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR UPDATE OR DELETE
  ON tollgate.plans
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'plan', 'plan',
    'title');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR UPDATE OR DELETE
  ON tollgate.plan_allocations
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'allocation', 'plan token_type',
    'tokens period period_days anchored rollover_cap refill_tokens refill_seconds overdraft');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR UPDATE OR DELETE
  ON tollgate.token_types
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'token_type', 'token_type',
    'title critical_below warning_below safe_from critical_percent warning_percent critical_blocks');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR UPDATE OR DELETE
  ON tollgate.features
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'action', 'feature',
    'token_type cost rates price_version description endpoint_type');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR UPDATE OR DELETE
  ON tollgate.limits
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'limit', 'limit_name',
    'is_enabled plan token_type feature per counts window_kind window_seconds maximum action');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR UPDATE OR DELETE
  ON tollgate.content_levels
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'content_level', 'level',
    'title tokens');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR UPDATE OR DELETE
  ON tollgate.token_counters
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'token_counter', 'counter',
    'schema_name function_name description');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR UPDATE OR DELETE
  ON tollgate.providers
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'provider', 'provider',
    'authorization_url token_url revocation_url client_id client_authentication scopes redirect_uri authorization_parameters',
    'client_secret');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR UPDATE OR DELETE
  ON tollgate.alerts
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'alert', 'alert_id',
    'token_type condition threshold email:count active');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR DELETE
  OR UPDATE OF organization_id, webhook_id, url, events, active, secret
  ON tollgate.webhooks
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'webhook', 'webhook_id',
    'url:host events active',
    'secret');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR UPDATE OR DELETE
  ON tollgate.payment_packs
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'payment_pack', 'pack',
    'token_type tokens price_minor currency');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR UPDATE OR DELETE
  ON tollgate.payment_customers
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'payment_customer', 'customer_id',
    'event_id');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR UPDATE OR DELETE
  ON tollgate.plan_prices
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'plan_price', 'plan',
    'amount_minor currency');

CREATE OR REPLACE TRIGGER "what administrators change is recorded"
  AFTER INSERT OR UPDATE OR DELETE
  ON tollgate.pack_prices
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.record_row(
    'pack_price', 'tokens',
    'amount_minor currency');
