CREATE OR REPLACE FUNCTION tollgate.rotate_webhook_secret(
  webhook_id uuid,
  secret bytea,
  grace_seconds integer
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := tollgate.admit_webhook(rotate_webhook_secret.webhook_id);
BEGIN
  IF (rotate_webhook_secret.grace_seconds BETWEEN 0 AND 2592000) IS NOT TRUE THEN
    RAISE EXCEPTION 'The old secret stays for 0 to 2592000 seconds.' USING ERRCODE = 'TG400';
  END IF;
  BEGIN
    UPDATE tollgate.webhooks AS hook
    SET secret = rotate_webhook_secret.secret,
      previous_secret = CASE WHEN rotate_webhook_secret.grace_seconds > 0 THEN hook.secret END,
      previous_secret_ends_at = CASE
        WHEN rotate_webhook_secret.grace_seconds > 0
          THEN tollgate.moment() + make_interval(secs => rotate_webhook_secret.grace_seconds)
      END,
      updated_at = tollgate.moment()
    WHERE hook.organization_id = owner AND hook.webhook_id = rotate_webhook_secret.webhook_id;
  EXCEPTION
    WHEN check_violation OR not_null_violation THEN
      RAISE EXCEPTION 'That is no sealed secret.' USING ERRCODE = 'TG400';
  END;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.rotate_webhook_secret(uuid, bytea, integer) IS
  'Gives a webhook a new secret, sealed; deliveries are signed with the one before, too, for grace_seconds. Raises TG400 for what is none, TG404 for an unknown webhook.';
REVOKE ALL ON FUNCTION tollgate.rotate_webhook_secret(uuid, bytea, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.rotate_webhook_secret(uuid, bytea, integer) TO tollgate_server;
