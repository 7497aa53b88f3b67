CREATE OR REPLACE FUNCTION tollgate.read_transaction(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  transaction_id uuid
) RETURNS TABLE (
  outcome text,
  id uuid,
  kind text,
  status text,
  token_type text,
  feature_used text,
  user_id_of_entry uuid,
  event_id text,
  amount bigint,
  balance_before bigint,
  balance_after bigint,
  sequence bigint,
  reason text,
  required bigint,
  subject_id uuid,
  reservation_id uuid,
  price_version integer,
  units bigint,
  dimensions jsonb,
  from_purchased bigint,
  idempotency_key text,
  metadata jsonb,
  created_at timestamptz,
  bound_by text,
  retry_after_seconds bigint,
  price json,
  limits json,
  packs json,
  refunds json,
  refunded_total bigint,
  reservation json
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[read_transaction.organization_id]);
  outcome := tollgate.may_read(
    read_transaction.organization_id, read_transaction.user_id, read_transaction.membership_required);
  IF outcome <> 'success' THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN NEXT;
    RETURN;
  END IF;

  RETURN QUERY
  SELECT
    read_transaction.outcome, entry.id, entry.kind, entry.status, entry.token_type, entry.feature_used, entry.user_id,
    entry.event_id, entry.amount, entry.balance_before, entry.balance_after, entry.sequence, entry.reason,
    entry.required, entry.subject_id, entry.reservation_id, entry.price_version, entry.units, entry.dimensions,
    entry.from_purchased, entry.idempotency_key,
    CASE WHEN entry.kind = 'refusal' THEN entry.metadata - 'refusal' ELSE entry.metadata END,
    entry.created_at,
    bound.name,
    bound.retry_after_seconds,
    (
      SELECT row_to_json(known)
      FROM (
        SELECT price.price_version AS version, CASE WHEN price.rates IS NULL THEN price.cost END AS cost, price.rates
        FROM tollgate.prices AS price
        WHERE price.feature = entry.feature_used AND price.price_version = entry.price_version
      ) AS known
    ),
    (
      SELECT json_agg(row_to_json(looked_at))
      FROM (
        SELECT name, maximum, has_bound AS "hasBound"
        FROM tollgate.limits_looked_at(
          entry.organization_id, entry.user_id, entry.feature_used, entry.token_type, entry.balance_before, bound.name)
        WHERE entry.kind IN ('deduction', 'capture', 'reservation', 'refusal')
      ) AS looked_at
    ),
    (
      SELECT json_agg(row_to_json(paid))
      FROM (
        SELECT pack_id AS "packId", amount, tollgate.rfc3339(expires_at) AS "expiresAt"
        FROM tollgate.paying_packs(entry.organization_id, entry.id)
        WHERE entry.from_purchased > 0
      ) AS paid
    ),
    (
      SELECT json_agg(row_to_json(given))
      FROM (
        SELECT refund.refund_id AS "refundId", refund.amount, made.reason, tollgate.rfc3339(refund.created_at) AS "createdAt"
        FROM tollgate.refunds AS refund
          LEFT JOIN tollgate.ledger_entries AS made
            ON made.organization_id = refund.organization_id AND made.id = refund.refund_id
        WHERE refund.organization_id = entry.organization_id AND refund.transaction_id = entry.id
        ORDER BY refund.created_at, refund.refund_id
      ) AS given
    ),
    (
      SELECT sum(refund.amount)::bigint
      FROM tollgate.refunds AS refund
      WHERE refund.organization_id = entry.organization_id AND refund.transaction_id = entry.id
    ),
    (
      SELECT row_to_json(about)
      FROM (
        SELECT
          held.reservation_id AS "reservationId",
          CASE WHEN held.status = 'open' AND held.expires_at <= tollgate.moment() THEN 'expired' ELSE held.status END
            AS status,
          held.amount,
          held.captured,
          held.transaction_id AS "transactionId",
          tollgate.rfc3339(held.expires_at) AS "expiresAt",
          tollgate.rfc3339(held.created_at) AS "createdAt",
          tollgate.rfc3339(held.finished_at) AS "finishedAt"
        FROM tollgate.reservations AS held
        WHERE held.organization_id = entry.organization_id AND held.reservation_id = entry.reservation_id
      ) AS about
    )
  FROM tollgate.ledger AS entry
    CROSS JOIN LATERAL (
      SELECT
        CASE WHEN entry.kind = 'refusal' THEN
          coalesce(
            entry.metadata #>> '{refusal,limit}',
            CASE entry.reason
              WHEN 'insufficient_tokens' THEN 'balance'
              WHEN 'refilling' THEN 'balance'
              WHEN 'critical_balance' THEN 'critical_threshold'
              ELSE entry.reason
            END)
        END AS name,
        CASE WHEN entry.kind = 'refusal' AND jsonb_typeof(entry.metadata #> '{refusal,retryAfterSeconds}') = 'number' THEN
          ceil(least((entry.metadata #>> '{refusal,retryAfterSeconds}')::numeric, 1000000000000000))::bigint
        END AS retry_after_seconds
    ) AS bound
  WHERE entry.organization_id = read_transaction.organization_id
    AND entry.id = read_transaction.transaction_id;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.read_transaction(uuid, uuid, boolean, uuid) IS
  'One movement or refusal and what explains it: its price, the limits looked at and which of them bound, the packs that paid, its refunds, its reservation. No row for an id that the organization does not have; who may not read it gets one row with the outcome and NULLs.';
REVOKE ALL ON FUNCTION tollgate.read_transaction(uuid, uuid, boolean, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_transaction(uuid, uuid, boolean, uuid) TO tollgate_server, service_role;
