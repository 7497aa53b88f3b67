CREATE OR REPLACE FUNCTION tollgate.test_webhook(webhook_id uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := tollgate.admit_webhook(test_webhook.webhook_id);
  delivery uuid := tollgate.time_ordered_id();
  event uuid;
BEGIN
  PERFORM
  FROM tollgate.webhooks AS hook
  WHERE hook.organization_id = owner AND hook.webhook_id = test_webhook.webhook_id AND hook.active
  FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'The webhook is not active.' USING ERRCODE = 'TG409';
  END IF;
  event := tollgate.write_event(owner, 'webhook_test', NULL, jsonb_build_object('webhookId', test_webhook.webhook_id));
  -- Its delivery is made at once, so that who asked can look for it; it need not wait in the queue.
  DELETE FROM tollgate.event_queue AS waiting
  WHERE waiting.organization_id = owner AND waiting.event_id = event;
  INSERT INTO tollgate.deliveries (organization_id, delivery_id, channel, receiver_id, event_organization_id, event_id,
    next_attempt_at, created_at)
  VALUES (owner, delivery, 'webhook', test_webhook.webhook_id, owner, event, tollgate.moment(), tollgate.moment());
  PERFORM tollgate.admit_organizations('{}');
  RETURN delivery;
END
$$;
COMMENT ON FUNCTION tollgate.test_webhook(uuid) IS
  'Writes an event webhook.test for this webhook alone, and returns the id of its delivery. Raises TG404 for an unknown webhook, TG409 for one that is not active.';
REVOKE ALL ON FUNCTION tollgate.test_webhook(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.test_webhook(uuid) TO service_role, tollgate_server;
