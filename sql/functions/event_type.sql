CREATE OR REPLACE FUNCTION tollgate.event_type(kind text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE kind
    WHEN 'threshold_crossed' THEN 'balance.threshold_crossed'
    WHEN 'top_up_requested' THEN 'balance.top_up_requested'
    WHEN 'limit_exceeded' THEN 'limit.exceeded'
    WHEN 'plan_changed' THEN 'organization.plan_changed'
    WHEN 'organization_suspended' THEN 'organization.suspended'
    WHEN 'organization_resumed' THEN 'organization.resumed'
    WHEN 'content_threshold_crossed' THEN 'content.threshold_crossed'
    WHEN 'content_deactivated' THEN 'content.deactivated'
    WHEN 'content_reset' THEN 'content.reset'
    WHEN 'alert_raised' THEN 'alert.raised'
    WHEN 'alert_recovered' THEN 'alert.recovered'
    WHEN 'webhook_test' THEN 'webhook.test'
    ELSE 'event.' || kind
  END
$$;
COMMENT ON FUNCTION tollgate.event_type(text) IS
  'What receivers know a kind of event as: names separated by full stops, as Standard Webhooks has them.';
REVOKE ALL ON FUNCTION tollgate.event_type(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.event_type(text) TO service_role, tollgate_server, tollgate_reporter;
