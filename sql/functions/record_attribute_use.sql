CREATE OR REPLACE FUNCTION tollgate.record_attribute_use(
  organization_id uuid,
  attribute_id uuid,
  idempotency_key text DEFAULT NULL,
  user_id uuid DEFAULT NULL,
  membership_required boolean DEFAULT false,
  OUT outcome text,
  OUT uses bigint,
  OUT last_used_at timestamptz,
  OUT is_replay boolean
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  caller CONSTANT record :=
    tollgate.identify_caller(record_attribute_use.organization_id, record_attribute_use.user_id);
  request CONSTANT bigint := hash_record_extended(
    ROW('record_attribute_use'::text, caller.user_id, record_attribute_use.attribute_id), 0);
  remembered record;
BEGIN
  is_replay := false;
  PERFORM tollgate.admit_organizations(ARRAY[caller.organization_id]);
  outcome := tollgate.may_change(caller.organization_id, caller.user_id,
    caller.membership_required OR coalesce(record_attribute_use.membership_required, true));
  IF outcome = 'success' AND idempotency_key IS NOT NULL THEN
    -- Before the attribute, as in tollgate.activate_attributes().
    PERFORM tollgate.lock_content_budget(caller.organization_id);
    remembered := tollgate.recall_answer(caller.organization_id, idempotency_key, request);
    IF remembered.outcome IS NOT NULL THEN
      outcome := remembered.outcome;
      is_replay := outcome = 'success';
      uses := (remembered.answer ->> 'uses')::bigint;
      last_used_at := (remembered.answer ->> 'last_used_at')::timestamptz;
    END IF;
  END IF;

  IF outcome = 'success' AND NOT is_replay THEN
    SELECT kept.uses + 1, tollgate.moment()
    INTO uses, last_used_at
    FROM tollgate.content_attributes AS kept
    WHERE kept.organization_id = caller.organization_id AND kept.attribute_id = record_attribute_use.attribute_id
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
      outcome := 'unknown_attribute';
    ELSIF NOT tollgate.remember_answer(caller.organization_id, idempotency_key, request,
      jsonb_build_object('uses', uses, 'last_used_at', last_used_at))
    THEN
      outcome := 'idempotency_key_reused';
    ELSE
      UPDATE tollgate.content_attributes AS kept
      SET uses = record_attribute_use.uses,
        last_used_at = greatest(kept.last_used_at, record_attribute_use.last_used_at)
      WHERE kept.organization_id = caller.organization_id AND kept.attribute_id = record_attribute_use.attribute_id;
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.record_attribute_use(uuid, uuid, text, uuid, boolean) IS
  'Counts a use of an attribute: those used least are deactivated first. Under an idempotency key the same request counts once. outcome: success, forbidden, unknown_organization, unknown_attribute or idempotency_key_reused. Raises TG400 for a key that is none, TG401 and TG403 as tollgate.identify_caller().';
REVOKE ALL ON FUNCTION tollgate.record_attribute_use(uuid, uuid, text, uuid, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.record_attribute_use(uuid, uuid, text, uuid, boolean) TO authenticated, service_role, tollgate_server;
