CREATE OR REPLACE FUNCTION tollgate.ask_cache(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  cache_name text,
  key jsonb,
  lease_id uuid,
  idempotency_key text DEFAULT NULL
) RETURNS tollgate.cache_answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  cache tollgate.caches;
  hash bytea;
  answer tollgate.cache_answer;
BEGIN
  IF ask_cache.lease_id IS NULL OR ask_cache.idempotency_key !~ '^[\x21-\x7E]{1,255}$' THEN
    RAISE EXCEPTION 'A lease has an id, and an idempotency key is 1 to 255 printable ASCII characters.'
      USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[ask_cache.organization_id, '00000000-0000-0000-0000-000000000000']);
  answer.outcome := tollgate.may_change(ask_cache.organization_id, ask_cache.user_id, ask_cache.membership_required);
  IF answer.outcome = 'success' THEN
    cache := tollgate.cache_of(ask_cache.organization_id, ask_cache.cache_name);
    hash := tollgate.cache_key_hash(ask_cache.organization_id, cache, ask_cache.key);
    IF cache.cache_id IS NULL THEN
      answer.outcome := 'unknown_cache';
    ELSIF hash IS NULL THEN
      answer.outcome := 'invalid_decision_key';
    ELSE
      answer := tollgate.answer_from_cache(ask_cache.organization_id, ask_cache.user_id,
        coalesce(ask_cache.membership_required, true), cache, hash, ask_cache.lease_id, ask_cache.idempotency_key);
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN answer;
END
$$;
COMMENT ON FUNCTION tollgate.ask_cache(uuid, uuid, boolean, text, jsonb, uuid, text) IS
  'What a decision cache says to a key: see the type tollgate.cache_answer. lease_id is a new id for the call, should one be granted. Hits and fallbacks are counted by who asks, with tollgate.count_cache_answers. Raises TG400 for an argument that is none.';
REVOKE ALL ON FUNCTION tollgate.ask_cache(uuid, uuid, boolean, text, jsonb, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.ask_cache(uuid, uuid, boolean, text, jsonb, uuid, text) TO service_role, tollgate_server;
