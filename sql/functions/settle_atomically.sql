CREATE OR REPLACE FUNCTION tollgate.settle_atomically(
  organization_ids uuid[],
  user_ids uuid[],
  membership_required boolean[],
  features text[],
  units bigint[],
  idempotency_keys text[],
  event_ids text[],
  metadata jsonb[],
  transaction_ids uuid[]
) RETURNS SETOF tollgate.settlement
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  settled tollgate.settlement[];
  admitted text;
BEGIN
  BEGIN
    SELECT array_agg(answer ORDER BY answer.item)
    INTO settled
    FROM tollgate.settle(organization_ids, user_ids, membership_required, features, units, idempotency_keys, event_ids,
      metadata, transaction_ids) AS answer;
    IF EXISTS (SELECT FROM unnest(settled) AS answer WHERE answer.outcome <> 'success') THEN
      RAISE EXCEPTION 'The batch is refused.' USING ERRCODE = 'TG100';
    END IF;
  EXCEPTION
    -- What was written is undone, what was decided is still known: the refusals are recorded, the rest never happened.
    WHEN SQLSTATE 'TG100' THEN
      admitted := set_config('tollgate.organizations', organization_ids::text, true);
      INSERT INTO tollgate.ledger_entries
        (id, organization_id, token_type, kind, amount, balance_before, balance_after, user_id, feature_used, reason,
         required, event_id, idempotency_key, metadata)
      SELECT answer.transaction_id, organization_ids[answer.item], answer.token_type, 'refusal', 0,
        answer.balance_before, answer.balance_before, user_ids[answer.item], features[answer.item], answer.outcome,
        answer.cost, event_ids[answer.item], idempotency_keys[answer.item], coalesce(metadata[answer.item], '{}')
      FROM unnest(settled) AS answer
      WHERE answer.outcome IN ('insufficient_tokens', 'not_on_plan', 'organization_suspended') AND NOT answer.replayed;
      admitted := set_config('tollgate.organizations', '', true);
      RETURN QUERY
      SELECT answer.item, 'batch_refused', NULL::uuid, NULL::text, NULL::bigint, NULL::bigint, NULL::bigint,
        NULL::bigint, NULL::text, NULL::text, NULL::timestamptz, false
      FROM unnest(settled) AS answer
      WHERE answer.outcome = 'success' AND NOT answer.replayed
      UNION ALL
      SELECT answer.*
      FROM unnest(settled) AS answer
      WHERE answer.outcome <> 'success' OR answer.replayed;
      RETURN;
  END;
  RETURN QUERY SELECT answer.* FROM unnest(settled) AS answer;
END
$$;
COMMENT ON FUNCTION tollgate.settle_atomically(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[]) IS
  'Settles a batch as a whole or not at all. When one item is not granted the others are batch_refused (but for those settled before, whose answers stand), no key is remembered, and the refusals are recorded with the balance they met after the items before them.';
REVOKE ALL ON FUNCTION tollgate.settle_atomically(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.settle_atomically(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[]) TO tollgate_server, service_role;
