CREATE OR REPLACE FUNCTION tollgate.create_webhook(
  webhook_id uuid,
  organization_id uuid,
  url text,
  events text[],
  secret bytea
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  owner CONSTANT uuid := coalesce(create_webhook.organization_id, '00000000-0000-0000-0000-000000000000');
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  IF create_webhook.organization_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = owner)
  THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  IF (SELECT count(*) FROM tollgate.webhooks AS known WHERE known.organization_id = owner) >= 100 THEN
    RAISE EXCEPTION 'There are 100 webhooks already.' USING ERRCODE = 'TG409';
  END IF;
  BEGIN
    INSERT INTO tollgate.webhooks (organization_id, webhook_id, url, events, secret, created_at, updated_at)
    VALUES (owner, create_webhook.webhook_id, create_webhook.url, create_webhook.events, create_webhook.secret,
      tollgate.moment(), tollgate.moment());
  EXCEPTION
    WHEN check_violation OR not_null_violation OR unique_violation THEN
      RAISE EXCEPTION 'That is no webhook: a new id, an https URL, types of events, a sealed secret.'
        USING ERRCODE = 'TG400';
  END;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.create_webhook(uuid, uuid, text, text[], bytea) IS
  'Makes a webhook, of an organization or with NULL for the events of all. The secret is sealed. Raises TG400 for what is none, TG404 for an unknown organization, TG409 beyond 100 webhooks.';
REVOKE ALL ON FUNCTION tollgate.create_webhook(uuid, uuid, text, text[], bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.create_webhook(uuid, uuid, text, text[], bytea) TO tollgate_server;
