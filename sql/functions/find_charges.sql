CREATE OR REPLACE FUNCTION tollgate.find_charges(
  organization_ids uuid[],
  requests jsonb[]
) RETURNS tollgate.refundable[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN ARRAY(
    -- Materialized for the same reason as in tollgate.look_up_items().
    WITH named AS MATERIALIZED (
      SELECT item.n, item.organization_id, (item.request ->> 'transactionId')::uuid AS transaction_id
      FROM unnest(organization_ids, requests) WITH ORDINALITY AS item (organization_id, request, n)
    )
    SELECT (
      SELECT ROW(charge.id, charge.feature_used, charge.tokens_deducted, charge.from_purchased, refunded.amount,
        refunded.to_purchased)::tollgate.refundable
      FROM public.ai_token_usage_log AS charge
        CROSS JOIN LATERAL (
          SELECT coalesce(sum(earlier.amount), 0)::bigint AS amount,
            coalesce(sum(earlier.to_purchased), 0)::bigint AS to_purchased
          FROM tollgate.refunds AS earlier
          WHERE earlier.organization_id = named.organization_id AND earlier.transaction_id = named.transaction_id
        ) AS refunded
      WHERE charge.organization_id = named.organization_id AND charge.id = named.transaction_id
      LIMIT 1
    )
    FROM named
    ORDER BY named.n
  );
END
$$;
COMMENT ON FUNCTION tollgate.find_charges(uuid[], jsonb[]) IS
  'The charge that each item of a batch wants back, and what was given back of it, NULL for an item that names none.';
REVOKE ALL ON FUNCTION tollgate.find_charges(uuid[], jsonb[]) FROM PUBLIC;
