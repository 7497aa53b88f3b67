-- As many packs of one size as fit, and for what is then missing the size that costs least: of all such ways the cheapest.
-- With sizes that get cheaper by the token as they grow, which is how packs are sold, nothing is cheaper.
CREATE OR REPLACE FUNCTION tollgate.cheapest_packs(
  missing bigint,
  currency text,
  OUT packs json,
  OUT amount_minor numeric
)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT
    (
      SELECT json_agg(json_build_object('tokens', bought.tokens, 'count', bought.count) ORDER BY bought.tokens DESC)
      FROM (
        SELECT taken.tokens, sum(taken.count) AS count
        FROM (VALUES (way.bulk_tokens, way.bulk_count), (way.rest_tokens, way.rest_count)) AS taken (tokens, count)
        WHERE taken.count > 0
        GROUP BY taken.tokens
      ) AS bought
    ),
    way.amount_minor
  FROM (
    SELECT bulk.tokens AS bulk_tokens, filled.count AS bulk_count, rest.tokens AS rest_tokens,
      ceil((missing - filled.count * bulk.tokens)::numeric / rest.tokens)::bigint AS rest_count,
      filled.count::numeric * bulk.amount_minor
        + ceil((missing - filled.count * bulk.tokens)::numeric / rest.tokens) * rest.amount_minor AS amount_minor
    FROM tollgate.pack_prices AS bulk
      CROSS JOIN LATERAL (SELECT missing / bulk.tokens AS count) AS filled
      CROSS JOIN tollgate.pack_prices AS rest
    WHERE bulk.currency = cheapest_packs.currency
      AND rest.currency = cheapest_packs.currency
    ORDER BY 5, 2 DESC, 1, 3
    LIMIT 1
  ) AS way
$$;
COMMENT ON FUNCTION tollgate.cheapest_packs(bigint, text) IS
  'Packs that have so many tokens together, as [{"tokens", "count"}], and what they cost in the currency''s smallest unit; NULL: none has a price in it.';
REVOKE ALL ON FUNCTION tollgate.cheapest_packs(bigint, text) FROM PUBLIC;
