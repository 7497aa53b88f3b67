CREATE OR REPLACE FUNCTION tollgate.replay_delivery(webhook_id uuid, delivery_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := tollgate.admit_webhook(replay_delivery.webhook_id);
  has_ended boolean;
  is_active boolean;
BEGIN
  SELECT hook.active
  INTO is_active
  FROM tollgate.webhooks AS hook
  WHERE hook.organization_id = owner AND hook.webhook_id = replay_delivery.webhook_id
  FOR SHARE;
  SELECT held.status <> 'pending'
  INTO has_ended
  FROM tollgate.deliveries AS held
  WHERE held.organization_id = owner
    AND held.delivery_id = replay_delivery.delivery_id
    AND held.receiver_id = replay_delivery.webhook_id
  FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such delivery.' USING ERRCODE = 'TG404';
  END IF;
  IF NOT has_ended OR is_active IS NOT TRUE THEN
    RAISE EXCEPTION 'The delivery is pending, or its webhook is not active.' USING ERRCODE = 'TG409';
  END IF;
  UPDATE tollgate.deliveries AS held
  SET status = 'pending',
    attempts = 0,
    lease_id = NULL,
    next_attempt_at = tollgate.moment(),
    pending_since = now(),
    finished_at = NULL
  WHERE held.organization_id = owner AND held.delivery_id = replay_delivery.delivery_id;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.replay_delivery(uuid, uuid) IS
  'Has a delivery that was delivered or is dead made once more, at once and with all its tries. Raises TG404 for an unknown one, TG409 for one that is pending or whose webhook is not active.';
REVOKE ALL ON FUNCTION tollgate.replay_delivery(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.replay_delivery(uuid, uuid) TO service_role, tollgate_server;
