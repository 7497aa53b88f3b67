CREATE OR REPLACE FUNCTION tollgate.record_refusals(
  ids uuid[],
  organization_ids uuid[],
  types text[],
  balances bigint[],
  user_ids uuid[],
  features text[],
  outcomes text[],
  costs bigint[],
  price_versions integer[],
  event_ids text[],
  idempotency_keys text[],
  metadata jsonb[],
  details jsonb[],
  is_replay boolean[]
) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO tollgate.ledger_entries
    (id, organization_id, token_type, kind, amount, balance_before, balance_after, user_id, feature_used, reason,
     required, price_version, event_id, idempotency_key, metadata, created_at)
  SELECT refused.id, refused.organization_id, refused.token_type, 'refusal', 0, refused.balance, refused.balance,
    refused.user_id, refused.feature, refused.outcome, refused.cost, refused.price_version, refused.event_id,
    refused.key,
    CASE
      WHEN refused.details IS NULL THEN coalesce(refused.metadata, '{}')
      ELSE coalesce(refused.metadata, '{}') || jsonb_build_object('refusal', refused.details)
    END,
    tollgate.moment()
  FROM (
    SELECT
      unnest(ids) AS id, unnest(organization_ids) AS organization_id, unnest(types) AS token_type,
      unnest(balances) AS balance, unnest(user_ids) AS user_id, unnest(features) AS feature, unnest(costs) AS cost,
      unnest(price_versions) AS price_version, unnest(event_ids) AS event_id, unnest(idempotency_keys) AS key,
      unnest(metadata) AS metadata, unnest(details) AS details, unnest(outcomes) AS outcome,
      unnest(is_replay) AS is_replay
  ) AS refused
  WHERE refused.outcome = ANY (tollgate.recorded_refusals()) AND NOT refused.is_replay;

  PERFORM tollgate.note_late_entries(organization_ids, ids, ARRAY(
    SELECT refused.outcome = ANY (tollgate.recorded_refusals()) AND NOT refused.is_replay
    FROM unnest(outcomes, is_replay) WITH ORDINALITY AS refused (outcome, is_replay, n)
    ORDER BY refused.n
  ));
END
$$;
COMMENT ON FUNCTION tollgate.record_refusals(uuid[], uuid[], text[], bigint[], uuid[], text[], text[], bigint[], integer[], text[], text[], jsonb[], jsonb[], boolean[]) IS
  'Writes the refusals among the items of a batch into the ledger, with what bound them.';
REVOKE ALL ON FUNCTION tollgate.record_refusals(uuid[], uuid[], text[], bigint[], uuid[], text[], text[], bigint[], integer[], text[], text[], jsonb[], jsonb[], boolean[]) FROM PUBLIC;
