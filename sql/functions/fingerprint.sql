CREATE OR REPLACE FUNCTION tollgate.fingerprint(
  user_id uuid,
  feature text,
  units bigint,
  event_id text,
  metadata jsonb
) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  -- The metadata as text: jsonb's own hash is the same for {}, [] and NULL.
  SELECT pg_catalog.hash_record_extended(ROW('deduct'::text, user_id, feature, units, event_id, metadata::text), 0)
$$;
COMMENT ON FUNCTION tollgate.fingerprint(uuid, text, bigint, text, jsonb) IS
  'What tells one request to spend from another under the same idempotency key.';
REVOKE ALL ON FUNCTION tollgate.fingerprint(uuid, text, bigint, text, jsonb) FROM PUBLIC;
