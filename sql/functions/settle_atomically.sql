CREATE OR REPLACE FUNCTION tollgate.settle_atomically(
  organization_ids uuid[],
  user_ids uuid[],
  membership_required boolean[],
  features text[],
  units bigint[],
  idempotency_keys text[],
  event_ids text[],
  metadata jsonb[],
  transaction_ids uuid[],
  requests jsonb[] DEFAULT NULL
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
      metadata, transaction_ids, requests) AS answer;
    IF EXISTS (SELECT FROM unnest(settled) AS answer WHERE answer.outcome <> 'success') THEN
      RAISE EXCEPTION 'The batch is refused.' USING ERRCODE = 'TG100';
    END IF;
  EXCEPTION
    -- What was written is undone, what was decided is still known: the refusals are recorded, the rest never happened.
    -- Without their keys: none is remembered, so that the same batch may be sent again, refused again or granted.
    WHEN SQLSTATE 'TG100' THEN
      admitted := set_config('tollgate.organizations', organization_ids::text, true);
      PERFORM tollgate.record_refusals(
        array_agg(answer.transaction_id), array_agg(organization_ids[answer.item]), array_agg(answer.token_type),
        array_agg(answer.balance_before), array_agg(user_ids[answer.item]), array_agg(features[answer.item]),
        array_agg(answer.outcome), array_agg(answer.cost), array_agg(NULL::integer), array_agg(event_ids[answer.item]),
        array_agg(NULL::text), array_agg(metadata[answer.item]), array_agg(answer.details),
        array_agg(answer.replayed))
      FROM unnest(settled) AS answer;
      PERFORM tollgate.lock_limits(organization_ids);
      PERFORM tollgate.count_refusal(organization_ids[answer.item], user_ids[answer.item], features[answer.item],
        answer.token_type)
      FROM unnest(settled) AS answer
      WHERE answer.outcome IN ('insufficient_tokens', 'critical_balance', 'not_on_plan') AND NOT answer.replayed;
      admitted := set_config('tollgate.organizations', '', true);
      RETURN QUERY
      SELECT answer.item, 'batch_refused', NULL::uuid, NULL::text, NULL::bigint, NULL::bigint, NULL::bigint,
        NULL::bigint, NULL::text, NULL::text, NULL::timestamptz, false, NULL::jsonb
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
COMMENT ON FUNCTION tollgate.settle_atomically(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[], jsonb[]) IS
  'Settles a batch as a whole or not at all. When one item is not granted the others are batch_refused (but for those settled before, whose answers stand), no key is remembered, and the refusals are recorded with the balance they met after the items before them.';
REVOKE ALL ON FUNCTION tollgate.settle_atomically(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[], jsonb[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.settle_atomically(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[], jsonb[]) TO tollgate_server, service_role;
