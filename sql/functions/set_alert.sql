CREATE OR REPLACE FUNCTION tollgate.set_alert(
  alert_id uuid,
  organization_id uuid,
  token_type text,
  condition text,
  threshold bigint,
  email text[],
  active boolean
) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  owner uuid := coalesce(set_alert.organization_id, '00000000-0000-0000-0000-000000000000');
  id uuid := set_alert.alert_id;
BEGIN
  IF id IS NOT NULL THEN
    SELECT rule.organization_id
    INTO owner
    FROM tollgate.read_alerts(set_alert.alert_id, set_alert.organization_id, NULL, 1) AS rule;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'There is no such rule of this organization.' USING ERRCODE = 'TG404';
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  IF set_alert.organization_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = owner)
  THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  IF id IS NULL AND (SELECT count(*) FROM tollgate.alerts AS known WHERE known.organization_id = owner) >= 100 THEN
    RAISE EXCEPTION 'There are 100 rules already.' USING ERRCODE = 'TG409';
  END IF;
  id := coalesce(id, tollgate.time_ordered_id());
  BEGIN
    INSERT INTO tollgate.alerts AS known (organization_id, alert_id, token_type, condition, threshold, email, active,
      created_at, updated_at)
    VALUES (owner, id, set_alert.token_type, set_alert.condition, set_alert.threshold, set_alert.email, set_alert.active,
      tollgate.moment(), tollgate.moment())
    ON CONFLICT ON CONSTRAINT "an alert has one row" DO UPDATE
    SET token_type = excluded.token_type,
      condition = excluded.condition,
      threshold = excluded.threshold,
      email = excluded.email,
      active = excluded.active,
      updated_at = excluded.updated_at;
  EXCEPTION
    WHEN check_violation OR not_null_violation OR foreign_key_violation THEN
      RAISE EXCEPTION 'That is no rule: a known token type, a condition, a threshold that it can have, plain addresses of at most 254 bytes.'
        USING ERRCODE = 'TG400';
  END;
  PERFORM tollgate.admit_organizations('{}');
  RETURN id;
END
$$;
COMMENT ON FUNCTION tollgate.set_alert(uuid, uuid, text, text, bigint, text[], boolean) IS
  'Makes a rule, of an organization or with NULL for all, or with an id changes that one, which stays whose it is. Returns its id. Raises TG400 for what is no rule, TG404 for an unknown rule or organization, TG409 beyond 100 rules.';
REVOKE ALL ON FUNCTION tollgate.set_alert(uuid, uuid, text, text, bigint, text[], boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.set_alert(uuid, uuid, text, text, bigint, text[], boolean) TO service_role, tollgate_server;
