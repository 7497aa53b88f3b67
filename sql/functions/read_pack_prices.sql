-- The two prices mean different things (docs/decisions/0029-payments.md), so neither replaces the other: they are shown
-- side by side. currency is in capitals in one table, and in small letters, as Stripe has them, in the other.
CREATE OR REPLACE FUNCTION tollgate.read_pack_prices() RETURNS TABLE (
  tokens bigint,
  amount_minor bigint,
  currency text,
  sold text
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(price.tokens, offered.tokens), price.amount_minor, price.currency, coalesce(offered.packs, '[]')::text
  FROM tollgate.pack_prices AS price
    FULL JOIN (
      SELECT sold.tokens,
        json_agg(json_build_object(
          'pack', sold.pack,
          'tokenType', sold.token_type,
          'price', CASE WHEN sold.price_minor IS NOT NULL THEN
            json_build_object('amountMinor', sold.price_minor, 'currency', upper(sold.currency COLLATE "C"))
          END,
          'differs', coalesce(
            upper(sold.currency COLLATE "C") = estimated.currency AND sold.price_minor <> estimated.amount_minor, false)
        ) ORDER BY sold.pack) AS packs
      FROM tollgate.payment_packs AS sold
        LEFT JOIN tollgate.pack_prices AS estimated ON estimated.tokens = sold.tokens
      GROUP BY sold.tokens
    ) AS offered ON offered.tokens = price.tokens
  ORDER BY 1
$$;
COMMENT ON FUNCTION tollgate.read_pack_prices() IS
  'Each size of packs, smallest first, that has a price for estimates, in the currency''s smallest unit (NULL: none), or is sold by a paid checkout: sold has those packs as [{"pack", "tokenType", "price", "differs"}]. differs: the two prices are of one currency, and not the same.';
REVOKE ALL ON FUNCTION tollgate.read_pack_prices() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_pack_prices() TO service_role, tollgate_server;
