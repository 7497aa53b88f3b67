CREATE OR REPLACE FUNCTION tollgate.add_organization(
  name text,
  plan text,
  idempotency_key text DEFAULT NULL,
  OUT outcome text,
  OUT organization_id uuid,
  OUT created_at timestamptz,
  OUT is_replay boolean
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
  -- An organization that is about to be made has no keys yet: those of the service are used.
  service CONSTANT uuid := tollgate.owner_of_key(NULL);
  request CONSTANT bigint := hash_record_extended(ROW('add_organization'::text, name, plan), 0);
  remembered record;
BEGIN
  outcome := 'success';
  is_replay := false;
  IF idempotency_key IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('service key'::text, idempotency_key), 0));
    PERFORM tollgate.admit_organizations(ARRAY[service]);
    remembered := tollgate.recall_answer(service, idempotency_key, request);
    is_replay := remembered.outcome IS NOT DISTINCT FROM 'success';
  END IF;
  IF is_replay THEN
    organization_id := (remembered.answer ->> 'organizationId')::uuid;
    created_at := (remembered.answer ->> 'createdAt')::timestamptz;
  ELSE
    organization_id := gen_random_uuid();
    created_at := now();
    IF idempotency_key IS NOT NULL AND NOT tollgate.remember_answer(service, idempotency_key, request,
      jsonb_build_object('organizationId', organization_id, 'createdAt', created_at))
    THEN
      outcome := 'idempotency_key_reused';
      organization_id := NULL;
    ELSE
      PERFORM tollgate.create_organization(name, plan, 'UTC', organization_id);
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.add_organization(text, text, text) IS
  'Makes an organization as tollgate.create_organization() does; under an idempotency key the same request is answered the same again. outcome: success or idempotency_key_reused. Raises TG400 for an unknown plan, or a key that is none.';
REVOKE ALL ON FUNCTION tollgate.add_organization(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.add_organization(text, text, text) TO service_role, tollgate_server;
