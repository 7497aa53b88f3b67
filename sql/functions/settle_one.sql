CREATE OR REPLACE FUNCTION tollgate.settle_one(
  organization_id uuid,
  user_id uuid,
  feature text,
  units bigint,
  idempotency_key text,
  metadata jsonb,
  request jsonb
) RETURNS tollgate.settlement
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  caller CONSTANT record := tollgate.identify_caller(settle_one.organization_id, settle_one.user_id);
  answer tollgate.settlement;
BEGIN
  IF idempotency_key !~ '^[\x21-\x7E]{1,255}$' THEN
    RAISE EXCEPTION 'An idempotency key is 1 to 255 printable ASCII characters.' USING ERRCODE = 'TG400';
  END IF;
  IF jsonb_typeof(metadata) <> 'object' OR octet_length(metadata::text) > 8192 THEN
    RAISE EXCEPTION 'metadata is an object of at most 8192 bytes.' USING ERRCODE = 'TG400';
  END IF;

  FOR attempt IN 1..2 LOOP
    BEGIN
      SELECT settled.*
      INTO answer
      FROM tollgate.settle(
        ARRAY[caller.organization_id], ARRAY[caller.user_id], ARRAY[caller.membership_required], ARRAY[feature],
        ARRAY[units], ARRAY[idempotency_key], ARRAY[NULL::text], ARRAY[metadata], ARRAY[tollgate.time_ordered_id()],
        CASE WHEN request IS NOT NULL THEN ARRAY[request] END) AS settled;
      EXIT;
    EXCEPTION
      -- Somebody settled the same key at this moment: the second look finds it.
      WHEN unique_violation THEN
        IF attempt = 2 THEN
          RAISE;
        END IF;
    END;
  END LOOP;
  IF answer.outcome = 'amount_out_of_range' AND request ->> 'operation' = 'adjust' THEN
    RAISE EXCEPTION '% tokens are available. An adjustment is not 0, takes at most those and the overdraft, and leaves at most 10^18.',
      answer.available USING ERRCODE = 'TG422';
  END IF;
  PERFORM tollgate.raise_unless_decided(answer.outcome);
  RETURN answer;
END
$$;
COMMENT ON FUNCTION tollgate.settle_one(uuid, uuid, text, bigint, text, jsonb, jsonb) IS
  'A batch of one for tollgate.settle, on behalf of who calls from psql or an RPC. What is no decision is raised: TG400 invalid argument, TG401 no user, TG403, TG404, TG409, TG421, TG422, TG423 as tollgate.raise_unless_decided says.';
REVOKE ALL ON FUNCTION tollgate.settle_one(uuid, uuid, text, bigint, text, jsonb, jsonb) FROM PUBLIC;
