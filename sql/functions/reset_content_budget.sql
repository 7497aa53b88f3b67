CREATE OR REPLACE FUNCTION tollgate.reset_content_budget(
  organization_id uuid,
  idempotency_key text DEFAULT NULL,
  OUT outcome text,
  OUT deactivated_count bigint,
  OUT tokens bigint,
  OUT is_replay boolean
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  tenant CONSTANT uuid := organization_id;
  request CONSTANT bigint := hash_record_extended(ROW('reset_content_budget'::text), 0);
  settings tollgate.content_budgets;
  remembered record;
BEGIN
  is_replay := false;
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  outcome := tollgate.may_read(tenant, NULL, false);
  IF outcome = 'success' THEN
    settings := tollgate.lock_content_budget(tenant);
    remembered := tollgate.recall_answer(tenant, idempotency_key, request);
    IF remembered.outcome IS NOT NULL THEN
      outcome := remembered.outcome;
      is_replay := outcome = 'success';
      deactivated_count := (remembered.answer ->> 'deactivated_count')::bigint;
      tokens := (remembered.answer ->> 'tokens')::bigint;
    END IF;
  END IF;

  IF outcome = 'success' AND NOT is_replay THEN
    tokens := settings.active_tokens;
    deactivated_count := (
      SELECT count(*)
      FROM tollgate.content_attributes AS kept
      WHERE kept.organization_id = tenant AND kept.active
    );
    IF NOT tollgate.remember_answer(tenant, idempotency_key, request,
      jsonb_build_object('deactivated_count', deactivated_count, 'tokens', tokens))
    THEN
      outcome := 'idempotency_key_reused';
    ELSIF deactivated_count > 0 THEN
      UPDATE tollgate.content_attributes AS kept
      SET active = false,
        updated_at = tollgate.moment()
      WHERE kept.organization_id = tenant AND kept.active;
      INSERT INTO tollgate.events (organization_id, event_id, kind, payload, created_at)
      VALUES (tenant, tollgate.time_ordered_id(), 'content_reset',
        jsonb_build_object('attributes', deactivated_count, 'tokens', tokens), tollgate.moment());
      settings.active_tokens := 0;
      PERFORM tollgate.write_content_budget(settings);
      PERFORM tollgate.record_change(tenant, 'content_budget.reset', tenant::text,
        jsonb_build_object('activeAttributes', deactivated_count, 'activeTokens', tokens),
        '{"activeAttributes": 0, "activeTokens": 0}');
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.reset_content_budget(uuid, text) IS
  'Deactivates all attributes of an organization, whose texts and counted uses stay, and writes one event. Tells how many were active, and their tokens. Under an idempotency key the same request is answered the same again. outcome: success, unknown_organization or idempotency_key_reused. Raises TG400 for a key that is none.';
REVOKE ALL ON FUNCTION tollgate.reset_content_budget(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.reset_content_budget(uuid, text) TO service_role, tollgate_server;
