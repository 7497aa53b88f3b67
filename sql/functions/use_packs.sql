CREATE OR REPLACE FUNCTION tollgate.use_packs(
  token public.ai_tokens,
  INOUT packs tollgate.token_packs[],
  OUT uses tollgate.pack_uses[]
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  pack tollgate.token_packs;
  spent bigint := (SELECT sum(open.remaining)::bigint FROM unnest(packs) AS open)
    - greatest(0, least(token.purchased, token.balance));
  taken bigint;
BEGIN
  uses := '{}';
  FOR number IN 1..cardinality(packs) LOOP
    EXIT WHEN spent <= 0;
    pack := packs[number];
    taken := least(pack.remaining, spent);
    CONTINUE WHEN taken = 0;
    spent := spent - taken;
    pack.remaining := pack.remaining - taken;
    packs[number] := pack;
    uses := uses || ROW(token.organization_id, pack.pack_id, token.token_type, token.purchased_sequence,
      token.ledger_sequence, taken, false, tollgate.moment())::tollgate.pack_uses;
  END LOOP;
END
$$;
COMMENT ON FUNCTION tollgate.use_packs(public.ai_tokens, tollgate.token_packs[]) IS
  'Packs in the order in which they expire, without what was spent of them since they were last brought up to date: what they have beyond what is left of the bought tokens. Writes nothing.';
REVOKE ALL ON FUNCTION tollgate.use_packs(public.ai_tokens, tollgate.token_packs[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.use_packs(public.ai_tokens, tollgate.token_packs[]) TO authenticated, service_role;
