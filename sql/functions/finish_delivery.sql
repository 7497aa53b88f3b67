CREATE OR REPLACE FUNCTION tollgate.finish_delivery(
  organization_id uuid,
  delivery_id uuid,
  lease_id uuid,
  is_delivered boolean,
  is_gone boolean,
  status integer,
  error text,
  milliseconds bigint,
  retry_milliseconds bigint
) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := finish_delivery.organization_id;
  at CONSTANT timestamptz := tollgate.moment();
  is_pending boolean :=
    NOT finish_delivery.is_delivered AND NOT finish_delivery.is_gone AND finish_delivery.retry_milliseconds IS NOT NULL;
  channel text;
  receiver uuid;
  is_active boolean;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  SELECT held.channel, held.receiver_id
  INTO channel, receiver
  FROM tollgate.deliveries AS held
  WHERE held.organization_id = owner AND held.delivery_id = finish_delivery.delivery_id;
  -- Webhooks are locked before their deliveries, wherever both are.
  SELECT hook.active
  INTO is_active
  FROM tollgate.webhooks AS hook
  WHERE hook.organization_id = owner AND hook.webhook_id = receiver
  FOR UPDATE;
  is_pending := is_pending AND (channel = 'email' OR is_active IS TRUE);
  UPDATE tollgate.deliveries AS held
  SET status = CASE WHEN finish_delivery.is_delivered THEN 'delivered' WHEN is_pending THEN 'pending' ELSE 'dead' END,
    next_attempt_at = CASE WHEN is_pending THEN at + finish_delivery.retry_milliseconds * interval '1 millisecond' END,
    finished_at = CASE WHEN NOT is_pending THEN at END,
    last_status = finish_delivery.status,
    last_error = left(finish_delivery.error, 500),
    history = (
      SELECT jsonb_agg(attempt.entry ORDER BY attempt.number)
      FROM jsonb_array_elements(held.history || jsonb_build_object('at', tollgate.rfc3339(at),
        'status', finish_delivery.status, 'error', left(finish_delivery.error, 500),
        'milliseconds', finish_delivery.milliseconds)) WITH ORDINALITY AS attempt (entry, number)
      WHERE attempt.number > jsonb_array_length(held.history) - 19
    )
  WHERE held.organization_id = owner
    AND held.delivery_id = finish_delivery.delivery_id
    AND held.lease_id = finish_delivery.lease_id
    AND held.status = 'pending';
  IF NOT FOUND THEN
    receiver := NULL;
  ELSE
    UPDATE tollgate.webhooks AS hook
    SET failures = CASE WHEN finish_delivery.is_delivered THEN 0 ELSE hook.failures + 1 END,
      failing_since = CASE WHEN NOT finish_delivery.is_delivered THEN coalesce(hook.failing_since, at) END,
      last_attempt_at = at,
      last_delivery_at = CASE WHEN finish_delivery.is_delivered THEN at ELSE hook.last_delivery_at END
    WHERE hook.organization_id = owner AND hook.webhook_id = receiver;
    IF finish_delivery.is_gone THEN
      UPDATE tollgate.webhooks AS hook
      SET active = false,
        disabled_reason = 'gone'
      WHERE hook.organization_id = owner AND hook.webhook_id = receiver;
      PERFORM tollgate.end_deliveries(owner, receiver, 'The receiver is gone.');
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN receiver IS NOT NULL;
END
$$;
COMMENT ON FUNCTION tollgate.finish_delivery(uuid, uuid, uuid, boolean, boolean, integer, text, bigint, bigint) IS
  'Notes what became of an attempt: delivered, to be tried again after retry_milliseconds, or with NULL dead. A receiver that is gone becomes inactive. Returns false, and does nothing, where the lease is another''s by now.';
REVOKE ALL ON FUNCTION tollgate.finish_delivery(uuid, uuid, uuid, boolean, boolean, integer, text, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.finish_delivery(uuid, uuid, uuid, boolean, boolean, integer, text, bigint, bigint) TO tollgate_server;
