CREATE OR REPLACE FUNCTION tollgate.remember_answer(
  organization_id uuid,
  idempotency_key text,
  fingerprint bigint,
  answer jsonb
) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF idempotency_key IS NULL THEN
    RETURN true;
  END IF;
  INSERT INTO tollgate.idempotency_keys
    (organization_id, key, week, fingerprint, outcome, transaction_id, token_type, cost, balance_before, balance_after,
     available, state, details, created_at)
  VALUES
    (remember_answer.organization_id, remember_answer.idempotency_key,
     date_trunc('week', tollgate.moment() AT TIME ZONE 'UTC')::date, remember_answer.fingerprint, 'success',
     tollgate.time_ordered_id(), '', 0, 0, 0, 0, 'safe', jsonb_build_object('answer', answer), tollgate.moment())
  ON CONFLICT DO NOTHING;
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION tollgate.remember_answer(uuid, text, bigint, jsonb) IS
  'Keeps the answer to a request that moves no tokens under its idempotency key, among those of settlement: a key is for one request of either kind. False, and nothing is kept, where another request was settled under the key at this moment. Called before anything is changed.';
REVOKE ALL ON FUNCTION tollgate.remember_answer(uuid, text, bigint, jsonb) FROM PUBLIC;
