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
  remembered_under text := settle_call.idempotency_key;
  described jsonb;
  settled tollgate.settlement;
BEGIN
  FOR attempt IN 1..3 LOOP
    described := call || jsonb_build_object(
      'remaining', settle_call.remaining, 'leaseEndsAt', tollgate.rfc3339(settle_call.lease_ends_at));
    IF remembered_under IS NOT NULL THEN
      -- What the same request was answered before. A member can write such metadata with a deduction of its own; that is
      -- another request, by its fingerprint.
      SELECT coalesce(max(entry.metadata::text)::jsonb - 'refusal', described)
      INTO described
      FROM tollgate.idempotency_keys AS kept
        JOIN tollgate.ledger AS entry
          ON entry.organization_id = kept.organization_id AND entry.id = kept.transaction_id
      WHERE kept.organization_id = settle_call.organization_id
        AND kept.key = remembered_under COLLATE "C"
        AND kept.week >= date_trunc('week', tollgate.moment() AT TIME ZONE 'UTC')::date - 7
        AND entry.metadata @> call
        AND entry.metadata ->> 'remaining' ~ '^[0-9]{1,16}$'
        AND entry.metadata ->> 'leaseEndsAt' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?Z$';
    END IF;
    BEGIN
      SELECT answer.*
      INTO settled
      FROM tollgate.settle(
        ARRAY[settle_call.organization_id], ARRAY[settle_call.user_id], ARRAY[settle_call.membership_required],
        ARRAY[(settle_call.cache).feature], ARRAY[1::bigint], ARRAY[remembered_under], ARRAY[NULL::text],
        -- No other request says that it is a call: what was settled as anything else is none.
        ARRAY[described], ARRAY[settle_call.lease_id], ARRAY['{"operation": "deduct", "isCall": true}'::jsonb]) AS answer;
      EXIT WHEN remembered_under IS NULL OR settled.replayed
        OR settled.outcome <> ALL (tollgate.recorded_refusals());
      -- A refusal is the fallback, and those are not remembered: it is settled again without the key.
      RAISE EXCEPTION 'A refusal is not remembered.' USING ERRCODE = 'TG000';
    EXCEPTION
      WHEN SQLSTATE 'TG000' THEN
        remembered_under := NULL;
      -- Somebody settled the same idempotency key at this moment: the second look finds it.
      WHEN unique_violation THEN
        IF attempt > 1 THEN
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
  'Charges one unit of the cache''s feature, under the lease''s id, as tollgate.settle does; or replays the call that was charged under the idempotency key, which remembers no refusal. The details of a success say how many calls remained, and when the lease ends.';
REVOKE ALL ON FUNCTION tollgate.settle_call(uuid, uuid, boolean, tollgate.caches, bytea, uuid, text, bigint, timestamptz) FROM PUBLIC;
