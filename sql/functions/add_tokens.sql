CREATE OR REPLACE FUNCTION tollgate.add_tokens(
  INOUT token public.ai_tokens,
  amount bigint,
  to_purchased bigint,
  pack_id uuid,
  payment_id text,
  expires_at timestamptz
)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF to_purchased > 0 THEN
    token := tollgate.bring_packs_up_to_date(token);
    IF expires_at IS NULL THEN
      -- Bought tokens that come back last as long as the others.
      SELECT coalesce(max(pack.expires_at), tollgate.moment() + interval '12 months')
      INTO expires_at
      FROM tollgate.token_packs AS pack
      WHERE pack.organization_id = token.organization_id
        AND pack.token_type = token.token_type
        AND pack.expires_at > tollgate.moment();
    END IF;
    INSERT INTO tollgate.token_packs
      (organization_id, pack_id, token_type, amount, remaining, payment_id, expires_at, created_at)
    VALUES (token.organization_id, add_tokens.pack_id, token.token_type, to_purchased, to_purchased,
      add_tokens.payment_id, add_tokens.expires_at, tollgate.moment());
    token.due_at := least(token.due_at, expires_at);
  END IF;
  token.balance := token.balance + amount;
  token.ledger_balance := token.balance;
  token.ledger_sequence := token.ledger_sequence + 1;
  token.purchased := greatest(0, least(token.purchased + to_purchased, token.balance));
  -- Where the balance was below 0 a part of what came is spent already, by this movement.
  IF to_purchased > 0 THEN
    token := tollgate.bring_packs_up_to_date(token);
  END IF;
END
$$;
COMMENT ON FUNCTION tollgate.add_tokens(public.ai_tokens, bigint, bigint, uuid, text, timestamptz) IS
  'Adds tokens to a balance that the caller has locked: the part that was bought as a pack, which expires at the time given, or with the last of the others.';
REVOKE ALL ON FUNCTION tollgate.add_tokens(public.ai_tokens, bigint, bigint, uuid, text, timestamptz) FROM PUBLIC;
