CREATE OR REPLACE FUNCTION tollgate.delete_webhook(webhook_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := tollgate.admit_webhook(delete_webhook.webhook_id);
BEGIN
  DELETE FROM tollgate.webhooks AS hook
  WHERE hook.organization_id = owner AND hook.webhook_id = delete_webhook.webhook_id;
  DELETE FROM tollgate.deliveries AS held
  WHERE held.organization_id = owner AND held.receiver_id = delete_webhook.webhook_id;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.delete_webhook(uuid) IS
  'Deletes a webhook and its deliveries. Raises TG404 for an unknown one.';
REVOKE ALL ON FUNCTION tollgate.delete_webhook(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.delete_webhook(uuid) TO service_role, tollgate_server;
