CREATE OR REPLACE FUNCTION tollgate.fingerprint(
  user_id uuid,
  feature text,
  units bigint,
  event_id text,
  metadata jsonb,
  request jsonb
) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  -- The metadata as text: jsonb's own hash is the same for {}, [] and NULL. No members are none, however
  -- that is said, and whoever asks, it is the same request.
  SELECT pg_catalog.hash_record_extended(
    ROW(coalesce((request - 'actor')::text, 'deduct'), user_id, feature, units, event_id, nullif(metadata, '{}')::text), 0)
$$;
COMMENT ON FUNCTION tollgate.fingerprint(uuid, text, bigint, text, jsonb, jsonb) IS
  'What tells one request from another under the same idempotency key. A request that is not NULL says what is asked for besides a plain deduction.';
REVOKE ALL ON FUNCTION tollgate.fingerprint(uuid, text, bigint, text, jsonb, jsonb) FROM PUBLIC;
