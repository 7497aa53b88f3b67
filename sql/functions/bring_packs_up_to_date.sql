CREATE OR REPLACE FUNCTION tollgate.bring_packs_up_to_date(INOUT token public.ai_tokens)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tollgate.write_pack_uses(used.uses)
  FROM tollgate.use_packs(token, ARRAY(
    SELECT open
    FROM tollgate.token_packs AS open
    WHERE open.organization_id = token.organization_id AND open.token_type = token.token_type AND open.remaining > 0
    ORDER BY open.expires_at, open.pack_id)) AS used;
  token.purchased_sequence := token.ledger_sequence;
END
$$;
COMMENT ON FUNCTION tollgate.bring_packs_up_to_date(public.ai_tokens) IS
  'Books what was spent of a balance''s packs, before another pack changes which of them is next. The caller has locked the balance and writes the row it gets.';
REVOKE ALL ON FUNCTION tollgate.bring_packs_up_to_date(public.ai_tokens) FROM PUBLIC;
