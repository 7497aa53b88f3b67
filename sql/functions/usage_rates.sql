CREATE OR REPLACE FUNCTION tollgate.usage_rates(organization_id uuid, hours integer)
RETURNS TABLE (token_type text, tokens_per_hour numeric)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH newest AS MATERIALIZED (
    -- However busy an organization is, so many rows are read.
    SELECT used.id, used.token_type, used.tokens_deducted, used.created_at
    FROM public.ai_token_usage_log AS used
    WHERE used.organization_id = usage_rates.organization_id
      AND used.id >= tollgate.first_id_at(tollgate.moment() - make_interval(hours => usage_rates.hours) - interval '1 minute')
      AND used.created_at > tollgate.moment() - make_interval(hours => usage_rates.hours)
      AND used.created_at <= tollgate.moment()
    ORDER BY used.id DESC
    LIMIT 10000
  ),
  -- Refunds are younger than what they give back.
  refunded AS MATERIALIZED (
    SELECT given.transaction_id, sum(given.amount) AS tokens
    FROM tollgate.refunds AS given
    WHERE given.organization_id = usage_rates.organization_id
      AND given.transaction_id >= tollgate.first_id_at(
        tollgate.moment() - make_interval(hours => usage_rates.hours) - interval '1 minute')
    GROUP BY given.transaction_id
  ),
  span AS (
    -- Who began a moment ago has used for an hour; of more uses than are read, these say how fast they followed each other.
    SELECT greatest(extract(epoch FROM tollgate.moment() - min(newest.created_at)),
      CASE WHEN count(*) < 10000 THEN 3600 ELSE 1 END) / 3600 AS hours
    FROM newest
  )
  SELECT newest.token_type, sum(newest.tokens_deducted - coalesce(refunded.tokens, 0)) / max(span.hours)
  FROM newest
    LEFT JOIN refunded ON refunded.transaction_id = newest.id
    CROSS JOIN span
  GROUP BY newest.token_type
$$;
COMMENT ON FUNCTION tollgate.usage_rates(uuid, integer) IS
  'Tokens an hour, by token type, that an organization used and was not given back in the last hours, or in its latest 10000 uses where there were more. The caller has admitted itself to it.';
REVOKE ALL ON FUNCTION tollgate.usage_rates(uuid, integer) FROM PUBLIC;
