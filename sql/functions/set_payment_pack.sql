CREATE OR REPLACE FUNCTION tollgate.set_payment_pack(
  pack text,
  token_type text,
  tokens bigint,
  price_minor bigint DEFAULT NULL,
  currency text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM tollgate.token_types AS known WHERE known.token_type = set_payment_pack.token_type) THEN
    RAISE EXCEPTION 'There is no such token type.' USING ERRCODE = 'TG404', HINT = 'See tollgate.token_types.';
  END IF;
  IF (set_payment_pack.pack ~ '^[\x21-\x7E]{1,255}$'
      AND set_payment_pack.tokens BETWEEN 1 AND 1000000000000000
      AND (set_payment_pack.price_minor IS NULL) = (set_payment_pack.currency IS NULL)
      AND (set_payment_pack.price_minor BETWEEN 1 AND 1000000000000) IS NOT FALSE
      AND (set_payment_pack.currency ~ '^[a-z]{3}$') IS NOT FALSE) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'A pack has a name of printable ASCII, 1 to 10^15 tokens, and a price with its currency, as 1900 and eur, or none.'
      USING ERRCODE = 'TG400';
  END IF;
  INSERT INTO tollgate.payment_packs AS known (pack, token_type, tokens, price_minor, currency)
  VALUES (set_payment_pack.pack, set_payment_pack.token_type, set_payment_pack.tokens, set_payment_pack.price_minor,
    set_payment_pack.currency)
  ON CONFLICT ON CONSTRAINT "a pack that is sold has one row" DO UPDATE
  SET token_type = excluded.token_type,
    tokens = excluded.tokens,
    price_minor = excluded.price_minor,
    currency = excluded.currency,
    updated_at = now();
END
$$;
COMMENT ON FUNCTION tollgate.set_payment_pack(text, text, bigint, bigint, text) IS
  'Says how many tokens a paid checkout of this pack is, from the next one on, and what it has to come to. Raises TG400 for what is no pack, TG404 for an unknown token type.';
REVOKE ALL ON FUNCTION tollgate.set_payment_pack(text, text, bigint, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.set_payment_pack(text, text, bigint, bigint, text) TO service_role, tollgate_server;
