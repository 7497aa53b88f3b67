CREATE OR REPLACE FUNCTION tollgate.set_pack_price(tokens bigint, amount_minor bigint, currency text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  IF (set_pack_price.tokens BETWEEN 1 AND 1000000000000000
    AND set_pack_price.amount_minor BETWEEN 0 AND 1000000000000 AND set_pack_price.currency ~ '^[A-Z]{3}$') IS NOT TRUE
  THEN
    RAISE EXCEPTION 'A pack has 1 to 10^15 tokens, and costs 0 to 10^12 of a currency''s smallest unit.'
      USING ERRCODE = 'TG400';
  END IF;
  INSERT INTO tollgate.pack_prices AS known (tokens, amount_minor, currency, updated_at)
  VALUES (set_pack_price.tokens, set_pack_price.amount_minor, set_pack_price.currency, now())
  ON CONFLICT ON CONSTRAINT "a pack has one price" DO UPDATE
  SET amount_minor = excluded.amount_minor, currency = excluded.currency, updated_at = excluded.updated_at;
END
$$;
COMMENT ON FUNCTION tollgate.set_pack_price(bigint, bigint, text) IS
  'Says what a pack of so many tokens costs, for estimates. Raises TG400 for what is no price.';
REVOKE ALL ON FUNCTION tollgate.set_pack_price(bigint, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.set_pack_price(bigint, bigint, text) TO tollgate_server, service_role;
