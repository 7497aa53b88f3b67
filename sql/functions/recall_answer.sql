CREATE OR REPLACE FUNCTION tollgate.recall_answer(
  organization_id uuid,
  idempotency_key text,
  fingerprint bigint,
  OUT outcome text,
  OUT answer jsonb
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  this_week CONSTANT date := date_trunc('week', tollgate.moment() AT TIME ZONE 'UTC')::date;
  week_by_the_clock CONSTANT date := date_trunc('week', clock_timestamp() AT TIME ZONE 'UTC')::date;
BEGIN
  IF idempotency_key !~ '^[\x21-\x7E]{1,255}$' THEN
    RAISE EXCEPTION 'An idempotency key is 1 to 255 printable ASCII characters.' USING ERRCODE = 'TG400';
  END IF;
  SELECT
    CASE
      WHEN kept.fingerprint = recall_answer.fingerprint AND kept.details ? 'answer' THEN 'success'
      ELSE 'idempotency_key_reused'
    END,
    CASE WHEN kept.fingerprint = recall_answer.fingerprint THEN kept.details -> 'answer' END
  INTO outcome, answer
  FROM tollgate.idempotency_keys AS kept
  WHERE kept.organization_id = recall_answer.organization_id
    AND kept.key = recall_answer.idempotency_key
    AND kept.week IN (this_week - 7, this_week, week_by_the_clock)
  LIMIT 1;
END
$$;
COMMENT ON FUNCTION tollgate.recall_answer(uuid, text, bigint) IS
  'What a request that moves no tokens was answered under an idempotency key: success and the answer, idempotency_key_reused where the key was used for another request, NULL where it is new or there is none. The caller has admitted itself, and lets one request of the organization look and remember at a time. Raises TG400 for a key that is none.';
REVOKE ALL ON FUNCTION tollgate.recall_answer(uuid, text, bigint) FROM PUBLIC;
