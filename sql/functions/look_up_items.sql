CREATE OR REPLACE FUNCTION tollgate.look_up_items(
  organization_ids uuid[],
  user_ids uuid[],
  membership_required boolean[],
  features text[],
  units bigint[],
  requests jsonb[]
) RETURNS TABLE (
  n integer,
  organization_id uuid,
  operation text,
  token_type text,
  cost bigint,
  price_version integer,
  is_limited boolean,
  verdict text,
  slot integer
)
LANGUAGE sql STABLE
AS $$
  -- Materialized, so that ids are columns of it: under row-level security a condition that contains a cast of another
  -- relation's column is no index condition.
  WITH asked AS MATERIALIZED (
    SELECT
      item.*,
      item.request -> 'units' AS dimensions,
      coalesce(item.request ->> 'operation', 'deduct') AS operation,
      coalesce(item.request ->> 'operation', 'deduct') IN ('deduct', 'reserve') AS is_spending,
      (item.request ->> 'transactionId')::uuid AS transaction_id,
      (item.request ->> 'reservationId')::uuid AS reservation_id,
      (item.request ->> 'ttlSeconds')::numeric AS ttl_seconds
    FROM unnest(organization_ids, user_ids, membership_required, features, units, requests)
      WITH ORDINALITY
      AS item (organization_id, user_id, membership_required, feature, units, request, n)
  )
  SELECT
    known.n::integer,
    known.organization_id,
    known.operation,
    -- Who may not ask is not told of what tokens the charge or reservation is.
    CASE WHEN known.is_admitted THEN known.token_type END,
    CASE WHEN known.verdict IS NULL OR known.verdict = 'organization_suspended' THEN known.cost END,
    known.price_version,
    coalesce(known.is_limited, false),
    known.verdict,
    CASE WHEN known.has_balance THEN (first_value(known.n) OVER items_of_balance)::integer END
  FROM (
    SELECT
      priced.*,
      priced.is_admitted AND priced.organization_exists AND priced.token_type IS NOT NULL AS has_balance,
      CASE
        WHEN NOT priced.is_admitted THEN
          CASE WHEN priced.is_member THEN 'not_permitted' ELSE 'forbidden' END
        WHEN NOT priced.organization_exists THEN 'unknown_organization'
        WHEN priced.token_type IS NULL THEN
          CASE
            WHEN priced.operation = 'refund' THEN 'unknown_transaction'
            WHEN priced.operation IN ('capture', 'release', 'extend') THEN 'unknown_reservation'
            WHEN priced.feature IS NULL THEN 'unknown_token_type'
            ELSE 'unknown_feature'
          END
        WHEN priced.is_spending AND NOT priced.is_priced THEN 'invalid_units'
        WHEN priced.is_spending AND priced.cost IS NULL
          OR priced.operation = 'reserve' AND priced.ttl_seconds NOT BETWEEN 1 AND 86400
        THEN 'amount_out_of_range'
        WHEN priced.is_spending AND priced.status = 'suspended' THEN 'organization_suspended'
      END AS verdict
    FROM (
      SELECT
        asked.*,
        offered.price_version,
        -- Without a feature it is what the limits say of the token type.
        coalesce(offered.is_limited,
          asked.is_spending AND tollgate.feature_is_limited(NULL, asked.request ->> 'tokenType')) AS is_limited,
        organization.status,
        organization.id IS NOT NULL AS organization_exists,
        membership.id IS NOT NULL AS is_member,
        membership.role <> 'viewer' IS TRUE OR NOT coalesce(asked.membership_required, true) AS is_admitted,
        offered.feature IS NULL OR tollgate.units_fit(offered, asked.units, asked.dimensions) AS is_priced,
        CASE
          WHEN asked.is_spending AND asked.feature IS NOT NULL THEN offered.token_type
          WHEN asked.operation = 'refund' THEN (
            SELECT charge.token_type
            FROM public.ai_token_usage_log AS charge
            WHERE charge.organization_id = asked.organization_id AND charge.id = asked.transaction_id
            LIMIT 1
          )
          WHEN asked.operation IN ('capture', 'release', 'extend') THEN (
            SELECT held.token_type
            FROM tollgate.reservations AS held
            WHERE held.organization_id = asked.organization_id
              AND held.reservation_id = asked.reservation_id
          )
          ELSE (
            SELECT kind.token_type
            FROM tollgate.token_types AS kind
            WHERE kind.token_type = asked.request ->> 'tokenType'
          )
        END AS token_type,
        CASE
          WHEN asked.is_spending AND asked.feature IS NOT NULL THEN
            tollgate.price_of(offered, asked.units, asked.dimensions)
          WHEN asked.is_spending AND (asked.request ->> 'amount')::numeric BETWEEN 1 AND 1000000000000000 THEN
            (asked.request ->> 'amount')::bigint
        END AS cost
      FROM asked
        LEFT JOIN tollgate.features AS offered ON offered.feature = asked.feature
        LEFT JOIN public.organizations AS organization ON organization.id = asked.organization_id
        LEFT JOIN public.user_profiles AS membership
          ON membership.organization_id = asked.organization_id AND membership.id = asked.user_id
    ) AS priced
  ) AS known
  WINDOW items_of_balance AS (PARTITION BY known.has_balance, known.organization_id, known.token_type ORDER BY known.n)
$$;
COMMENT ON FUNCTION tollgate.look_up_items(uuid[], uuid[], boolean[], text[], bigint[], jsonb[]) IS
  'What each item of a batch names: its price, its balance''s slot (the number of the first item with this balance), and why it can be refused without looking at the balance (verdict, an outcome).';
REVOKE ALL ON FUNCTION tollgate.look_up_items(uuid[], uuid[], boolean[], text[], bigint[], jsonb[]) FROM PUBLIC;
