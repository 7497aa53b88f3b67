CREATE OR REPLACE FUNCTION tollgate.settle_call(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  cache tollgate.caches,
  key_hash bytea,
  lease_id uuid,
  idempotency_key text,
  remaining bigint DEFAULT NULL,
  lease_ends_at timestamptz DEFAULT NULL
) RETURNS tollgate.settlement
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  -- Which makes another key another request under the same idempotency key.
  call CONSTANT jsonb := jsonb_build_object(
    'cache', (settle_call.cache).cache_name, 'key', encode(settle_call.key_hash, 'hex'));
  described jsonb;
  settled tollgate.settlement;
BEGIN
  FOR attempt IN 1..2 LOOP
    described := call || jsonb_build_object(
      'remaining', settle_call.remaining, 'leaseEndsAt', tollgate.rfc3339(settle_call.lease_ends_at));
    IF settle_call.idempotency_key IS NOT NULL THEN
      -- What the same request was answered before.
      SELECT coalesce(max(entry.metadata::text)::jsonb - 'refusal', described)
      INTO described
      FROM tollgate.idempotency_keys AS kept
        JOIN tollgate.ledger AS entry
          ON entry.organization_id = kept.organization_id AND entry.id = kept.transaction_id
      WHERE kept.organization_id = settle_call.organization_id
        AND kept.key = settle_call.idempotency_key COLLATE "C"
        AND entry.metadata @> call;
    END IF;
    BEGIN
      SELECT answer.*
      INTO settled
      FROM tollgate.settle(
        ARRAY[settle_call.organization_id], ARRAY[settle_call.user_id], ARRAY[settle_call.membership_required],
        ARRAY[(settle_call.cache).feature], ARRAY[1::bigint], ARRAY[settle_call.idempotency_key], ARRAY[NULL::text],
        ARRAY[described], ARRAY[settle_call.lease_id]) AS answer;
      EXIT;
    EXCEPTION
      -- Somebody settled the same idempotency key at this moment: the second look finds it.
      WHEN unique_violation THEN
        IF attempt = 2 THEN
          RAISE;
        END IF;
    END;
  END LOOP;
  IF settled.outcome = 'success' THEN
    settled.details := described;
  END IF;
  PERFORM tollgate.admit_organizations(
    ARRAY[settle_call.organization_id, '00000000-0000-0000-0000-000000000000']);
  RETURN settled;
END
$$;
COMMENT ON FUNCTION tollgate.settle_call(uuid, uuid, boolean, tollgate.caches, bytea, uuid, text, bigint, timestamptz) IS
  'Charges one unit of the cache''s feature, under the lease''s id, as tollgate.settle does; or replays what was charged under the idempotency key. The details of a success say how many calls remained, and when the lease ends.';
REVOKE ALL ON FUNCTION tollgate.settle_call(uuid, uuid, boolean, tollgate.caches, bytea, uuid, text, bigint, timestamptz) FROM PUBLIC;
