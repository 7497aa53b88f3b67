CREATE OR REPLACE FUNCTION tollgate.change_webhook(
  webhook_id uuid,
  url text,
  events text[],
  active boolean
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := tollgate.admit_webhook(change_webhook.webhook_id);
BEGIN
  BEGIN
    UPDATE tollgate.webhooks AS hook
    SET url = coalesce(change_webhook.url, hook.url),
      events = coalesce(change_webhook.events, hook.events),
      active = coalesce(change_webhook.active, hook.active),
      disabled_reason = CASE WHEN change_webhook.active IS NULL THEN hook.disabled_reason END,
      -- Another address, or another try, has failed at nothing yet.
      failures = CASE WHEN change_webhook.active OR change_webhook.url <> hook.url THEN 0 ELSE hook.failures END,
      failing_since = CASE WHEN (change_webhook.active OR change_webhook.url <> hook.url) IS NOT TRUE THEN hook.failing_since END,
      updated_at = tollgate.moment()
    WHERE hook.organization_id = owner AND hook.webhook_id = change_webhook.webhook_id;
  EXCEPTION
    WHEN check_violation THEN
      RAISE EXCEPTION 'That is no webhook: an https URL, types of events.' USING ERRCODE = 'TG400';
  END;
  IF NOT change_webhook.active THEN
    PERFORM tollgate.end_deliveries(owner, change_webhook.webhook_id, 'The webhook was made inactive.');
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.change_webhook(uuid, text, text[], boolean) IS
  'Changes what is not NULL of a webhook. What waits for one that becomes inactive is dead. Raises TG400 for what is none, TG404 for an unknown one.';
REVOKE ALL ON FUNCTION tollgate.change_webhook(uuid, text, text[], boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.change_webhook(uuid, text, text[], boolean) TO service_role, tollgate_server;
