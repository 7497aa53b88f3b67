-- Any batch: what tollgate.decide_in_order decides, and at most one INSERT each of uses, refusals and keys. tollgate.settle
-- calls it, under its own planner settings, for what it cannot simply grant.
CREATE OR REPLACE FUNCTION tollgate.settle_in_order(
  organization_ids uuid[],
  user_ids uuid[],
  membership_required boolean[],
  features text[],
  units bigint[],
  idempotency_keys text[],
  event_ids text[],
  metadata jsonb[],
  transaction_ids uuid[],
  requests jsonb[]
) RETURNS SETOF tollgate.settlement
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  item_numbers CONSTANT integer[] := array_positions(array_fill(1, ARRAY[cardinality(features)]), 1);
  has_keys CONSTANT boolean := cardinality(array_remove(idempotency_keys, NULL)) > 0;
  moment CONSTANT timestamptz := tollgate.moment();
  refusals CONSTANT text[] := tollgate.recorded_refusals();
  this_week CONSTANT date := date_trunc('week', moment AT TIME ZONE 'UTC')::date;

  -- Each item, as decided.
  users uuid[];
  spent_on text[];
  ids uuid[];
  types text[];
  costs bigint[];
  price_versions integer[];
  outcomes text[];
  befores bigint[];
  afters bigint[];
  availables bigint[];
  sequences bigint[];
  states text[];
  from_purchased bigint[];
  reservation_ids uuid[];
  held_units jsonb[];
  details jsonb[];
  is_use boolean[];
  times timestamptz[];
  is_replay boolean[];
BEGIN
  SELECT *
  INTO users, spent_on, ids, types, costs, price_versions, outcomes, befores, afters, availables, sequences, states,
    from_purchased, reservation_ids, held_units, details, is_use, times, is_replay
  -- Keys may be known: that is looked up there.
  FROM tollgate.decide_in_order(organization_ids, user_ids, membership_required, features, units, idempotency_keys,
    event_ids, metadata, transaction_ids, requests, has_keys);
  -- Uses that no balance was involved in.
  IF array_position(sequences, NULL) IS NOT NULL AND is_use && ARRAY[true] THEN
    PERFORM tollgate.note_late_entries(organization_ids, ids, ARRAY(
      SELECT spent.is_use AND spent.sequence IS NULL
      FROM unnest(is_use, sequences) WITH ORDINALITY AS spent (is_use, sequence, n)
      ORDER BY spent.n
    ));
  END IF;

  INSERT INTO public.ai_token_usage_log
    (id, organization_id, user_id, token_type, feature_used, tokens_deducted, remaining_balance, metadata, created_at,
     units, price_version, event_id, idempotency_key, sequence, from_purchased, reservation_id, dimensions)
  SELECT spent.id, spent.organization_id, spent.user_id, spent.token_type, spent.feature, spent.cost,
    spent.balance_after, coalesce(spent.metadata, '{}'), moment,
    CASE
      WHEN jsonb_typeof(spent.held_units) = 'number' THEN (spent.held_units #>> '{}')::bigint
      ELSE coalesce(spent.units, 1)
    END,
    coalesce(spent.price_version, 1), spent.event_id, spent.key, spent.sequence, coalesce(spent.from_purchased, 0),
    spent.reservation_id,
    CASE
      WHEN jsonb_typeof(spent.held_units) = 'object' THEN spent.held_units
      ELSE spent.request -> 'units'
    END
  FROM (
    SELECT
      unnest(ids) AS id, unnest(organization_ids) AS organization_id, unnest(users) AS user_id,
      unnest(types) AS token_type, unnest(spent_on) AS feature, unnest(costs) AS cost,
      unnest(afters) AS balance_after, unnest(metadata) AS metadata, unnest(units) AS units,
      unnest(price_versions) AS price_version, unnest(event_ids) AS event_id, unnest(idempotency_keys) AS key,
      unnest(sequences) AS sequence, unnest(from_purchased) AS from_purchased,
      unnest(reservation_ids) AS reservation_id, unnest(held_units) AS held_units, unnest(requests) AS request,
      unnest(is_use) AS is_use
  ) AS spent
  WHERE spent.is_use;

  IF outcomes && refusals THEN
    PERFORM tollgate.record_refusals(ids, organization_ids, types, befores, users, spent_on, outcomes, costs,
      price_versions, event_ids, idempotency_keys, metadata, details, is_replay);
  END IF;

  IF has_keys THEN
    INSERT INTO tollgate.idempotency_keys
      (organization_id, key, week, fingerprint, outcome, transaction_id, token_type, cost, balance_before,
       balance_after, available, state, details, created_at)
    SELECT answered.organization_id, answered.key, this_week,
      tollgate.fingerprint(answered.user_id, answered.feature, answered.units, answered.event_id, answered.metadata,
        answered.request),
      answered.outcome, answered.id, answered.token_type, answered.cost, answered.balance_before,
      answered.balance_after, answered.available, answered.state, answered.details, answered.created_at
    FROM (
      SELECT
        unnest(organization_ids) AS organization_id, unnest(idempotency_keys) AS key, unnest(user_ids) AS user_id,
        unnest(features) AS feature, unnest(units) AS units, unnest(event_ids) AS event_id,
        unnest(metadata) AS metadata, unnest(requests) AS request, unnest(outcomes) AS outcome, unnest(ids) AS id,
        unnest(types) AS token_type, unnest(costs) AS cost, unnest(befores) AS balance_before,
        unnest(afters) AS balance_after, unnest(availables) AS available, unnest(states) AS state,
        unnest(details) AS details, unnest(times) AS created_at, unnest(is_replay) AS is_replay
    ) AS answered
    WHERE answered.key IS NOT NULL
      AND answered.outcome IN ('success', 'insufficient_tokens', 'critical_balance')
      AND NOT answered.is_replay;
  END IF;

  RETURN QUERY
  SELECT answer.n::bigint, answer.outcome, answer.id, answer.token_type, answer.cost, answer.balance_before,
    answer.balance_after, answer.available, answer.state,
    CASE WHEN answer.outcome = 'not_on_plan' THEN tollgate.plan_title(answer.organization_id) END, answer.created_at,
    answer.is_replay, answer.details
  FROM (
    SELECT
      unnest(item_numbers) AS n, unnest(outcomes) AS outcome, unnest(ids) AS id,
      unnest(organization_ids) AS organization_id, unnest(types) AS token_type, unnest(costs) AS cost,
      unnest(befores) AS balance_before, unnest(afters) AS balance_after, unnest(availables) AS available,
      unnest(states) AS state, unnest(times) AS created_at, unnest(is_replay) AS is_replay, unnest(details) AS details
  ) AS answer;
END
$$;
COMMENT ON FUNCTION tollgate.settle_in_order(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[], jsonb[]) IS
  'Settles the items of a batch one after the other. Whoever calls it has admitted itself to the organizations of the batch, and at the turn of the week locked their keys.';
REVOKE ALL ON FUNCTION tollgate.settle_in_order(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[], jsonb[]) FROM PUBLIC;
