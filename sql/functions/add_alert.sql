CREATE OR REPLACE FUNCTION tollgate.add_alert(
  organization_id uuid,
  token_type text,
  condition text,
  threshold bigint,
  email text[],
  active boolean,
  idempotency_key text DEFAULT NULL,
  OUT outcome text,
  OUT alert_id uuid,
  OUT created_at timestamptz,
  OUT is_replay boolean
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
  -- Rules for all have the keys of the service.
  owner CONSTANT uuid := tollgate.owner_of_key(organization_id);
  request CONSTANT bigint := hash_record_extended(
    ROW('add_alert'::text, organization_id, token_type, condition, threshold, email, active), 0);
  remembered record;
BEGIN
  outcome := 'success';
  is_replay := false;
  IF idempotency_key IS NOT NULL THEN
    PERFORM tollgate.admit_organizations(ARRAY[owner]);
    IF organization_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = owner) THEN
      RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
    END IF;
    PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('alert key'::text, owner, idempotency_key), 0));
    remembered := tollgate.recall_answer(owner, idempotency_key, request);
    PERFORM tollgate.admit_organizations('{}');
    IF remembered.outcome IS NOT NULL THEN
      outcome := remembered.outcome;
      is_replay := outcome = 'success';
      alert_id := (remembered.answer ->> 'alertId')::uuid;
      created_at := (remembered.answer ->> 'createdAt')::timestamptz;
      RETURN;
    END IF;
  END IF;
  alert_id := tollgate.set_alert(NULL, organization_id, token_type, condition, threshold, email, active);
  created_at := tollgate.moment();
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  IF NOT tollgate.remember_answer(owner, idempotency_key, request,
    jsonb_build_object('alertId', alert_id, 'createdAt', created_at))
  THEN
    RAISE EXCEPTION 'This idempotency key was used for another request.' USING ERRCODE = 'TG423';
  END IF;
  PERFORM tollgate.admit_organizations('{}');
EXCEPTION
  -- At this moment: what was made for it is gone again.
  WHEN SQLSTATE 'TG423' THEN
    outcome := 'idempotency_key_reused';
    alert_id := NULL;
    created_at := NULL;
END
$$;
COMMENT ON FUNCTION tollgate.add_alert(uuid, text, text, bigint, text[], boolean, text) IS
  'Makes a rule as tollgate.set_alert() does; under an idempotency key the same request is answered the same again. outcome: success or idempotency_key_reused. Raises what that raises, and TG400 for a key that is none.';
REVOKE ALL ON FUNCTION tollgate.add_alert(uuid, text, text, bigint, text[], boolean, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.add_alert(uuid, text, text, bigint, text[], boolean, text) TO service_role, tollgate_server;
