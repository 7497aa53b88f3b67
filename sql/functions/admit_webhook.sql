CREATE OR REPLACE FUNCTION tollgate.admit_webhook(webhook_id uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  owner uuid;
BEGIN
  SELECT hook.organization_id INTO owner FROM tollgate.read_webhooks(admit_webhook.webhook_id, NULL, NULL, 1) AS hook;
  IF owner IS NULL THEN
    RAISE EXCEPTION 'There is no such webhook.' USING ERRCODE = 'TG404';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  RETURN owner;
END
$$;
COMMENT ON FUNCTION tollgate.admit_webhook(uuid) IS
  'Admits the running function to the organization of a webhook, and returns that. Raises TG404 for an unknown one.';
REVOKE ALL ON FUNCTION tollgate.admit_webhook(uuid) FROM PUBLIC;
