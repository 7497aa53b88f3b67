CREATE OR REPLACE FUNCTION tollgate.add_user(
  organization_id uuid,
  email text DEFAULT NULL,
  role text DEFAULT 'member',
  id uuid DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT outcome text,
  OUT user_id uuid,
  OUT created_at timestamptz,
  OUT is_replay boolean
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
  tenant CONSTANT uuid := organization_id;
  request CONSTANT bigint := hash_record_extended(ROW('add_user'::text, email, role, id), 0);
  remembered record;
BEGIN
  outcome := 'success';
  is_replay := false;
  IF idempotency_key IS NOT NULL THEN
    PERFORM tollgate.admit_organizations(ARRAY[tenant]);
    IF NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = tenant) THEN
      RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
    END IF;
    PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('user key'::text, tenant, idempotency_key), 0));
    remembered := tollgate.recall_answer(tenant, idempotency_key, request);
    is_replay := remembered.outcome IS NOT DISTINCT FROM 'success';
  END IF;
  IF is_replay THEN
    user_id := (remembered.answer ->> 'userId')::uuid;
    created_at := (remembered.answer ->> 'createdAt')::timestamptz;
  ELSE
    user_id := coalesce(add_user.id, gen_random_uuid());
    created_at := now();
    IF idempotency_key IS NOT NULL AND NOT tollgate.remember_answer(tenant, idempotency_key, request,
      jsonb_build_object('userId', user_id, 'createdAt', created_at))
    THEN
      outcome := 'idempotency_key_reused';
      user_id := NULL;
    ELSE
      PERFORM tollgate.make_user(tenant, email, user_id, role);
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.add_user(uuid, text, text, uuid, text) IS
  'Makes a user a member of an organization as tollgate.create_user() does, with a role; under an idempotency key the same request is answered the same again. outcome: success or idempotency_key_reused. Raises TG400 for an unknown role, an email without a visible character or a key that is none, TG404 for an unknown organization, TG409 for a user who has one.';
REVOKE ALL ON FUNCTION tollgate.add_user(uuid, text, text, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.add_user(uuid, text, text, uuid, text) TO service_role, tollgate_server;
