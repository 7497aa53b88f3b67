CREATE OR REPLACE FUNCTION tollgate.request_delivery(
  webhook_id uuid,
  again_id uuid DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT outcome text,
  OUT delivery jsonb,
  OUT is_replay boolean
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
  owner CONSTANT uuid := tollgate.admit_webhook(webhook_id);
  request CONSTANT bigint := hash_record_extended(ROW('request_delivery'::text, webhook_id, again_id), 0);
  remembered record;
  requested_id uuid := again_id;
BEGIN
  outcome := 'success';
  is_replay := false;
  IF idempotency_key IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('delivery key'::text, owner, idempotency_key), 0));
    remembered := tollgate.recall_answer(owner, idempotency_key, request);
    PERFORM tollgate.admit_organizations('{}');
    IF remembered.outcome IS NOT NULL THEN
      outcome := remembered.outcome;
      is_replay := outcome = 'success';
      delivery := remembered.answer;
      RETURN;
    END IF;
  END IF;
  IF again_id IS NULL THEN
    requested_id := tollgate.test_webhook(webhook_id);
  ELSE
    PERFORM tollgate.replay_delivery(webhook_id, again_id);
  END IF;
  SELECT to_jsonb(made) INTO delivery FROM tollgate.read_deliveries(webhook_id, requested_id) AS made;
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  IF NOT tollgate.remember_answer(owner, idempotency_key, request, delivery) THEN
    RAISE EXCEPTION 'This idempotency key was used for another request.' USING ERRCODE = 'TG423';
  END IF;
  PERFORM tollgate.admit_organizations('{}');
EXCEPTION
  -- At this moment: what was done for it is undone.
  WHEN SQLSTATE 'TG423' THEN
    outcome := 'idempotency_key_reused';
    delivery := NULL;
END
$$;
COMMENT ON FUNCTION tollgate.request_delivery(uuid, uuid, text) IS
  'Has a test sent to a webhook as tollgate.test_webhook() does, or with again_id that delivery made once more as tollgate.replay_delivery() does. Answers the delivery as tollgate.read_deliveries() reads it; under an idempotency key the same request is answered the same again. outcome: success or idempotency_key_reused. Raises what these raise, and TG400 for a key that is none.';
REVOKE ALL ON FUNCTION tollgate.request_delivery(uuid, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.request_delivery(uuid, uuid, text) TO service_role, tollgate_server;
