CREATE OR REPLACE FUNCTION tollgate.apply_top_up(request jsonb, id uuid, token public.ai_tokens) RETURNS tollgate.applied
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  applied tollgate.applied;
  amount CONSTANT numeric := (request ->> 'amount')::numeric;
  -- In two parts: intervals are multiplied as double precision, which the microseconds of the year 9999 do not fit.
  asked_expiry CONSTANT timestamptz := 'epoch'::timestamptz
    + (request ->> 'expiresAtMicroseconds')::bigint / 1000000 * interval '1 second'
    + (request ->> 'expiresAtMicroseconds')::bigint % 1000000 * interval '1 microsecond';
  expires_at CONSTANT timestamptz := coalesce(asked_expiry, tollgate.moment() + interval '12 months');
  known CONSTANT tollgate.token_packs := pack
    FROM tollgate.token_packs AS pack
    WHERE pack.organization_id = token.organization_id AND pack.payment_id = request ->> 'paymentId';
BEGIN
  applied.token := token;
  IF known.pack_id IS NOT NULL THEN
    IF (known.token_type, known.amount) IS DISTINCT FROM (token.token_type, amount)
      OR known.expires_at <> asked_expiry
    THEN
      applied.outcome := 'payment_conflict';
      RETURN applied;
    END IF;
    SELECT first.balance_before, first.balance_after, first.created_at
    INTO applied.balance_before, applied.balance_after, applied.created_at
    FROM tollgate.ledger_entries AS first
    WHERE first.organization_id = token.organization_id AND first.id = known.pack_id;
    applied.is_replay := true;
    applied.id := known.pack_id;
  ELSIF (amount BETWEEN 1 AND 1000000000000000) IS NOT TRUE
    OR token.balance > 1000000000000000000 - amount
    OR expires_at <= tollgate.moment()
  THEN
    applied.outcome := 'amount_out_of_range';
    RETURN applied;
  ELSIF coalesce(request ->> 'paymentId', '') = '' THEN
    RAISE EXCEPTION 'A top-up names its payment.' USING ERRCODE = 'TG400';
  ELSE
    applied.entry := tollgate.movement(token, 'top_up', amount::bigint, NULL, id, NULL,
      jsonb_build_object('paymentId', request ->> 'paymentId'), id);
    applied.token := tollgate.add_tokens(token, amount::bigint, amount::bigint, id, request ->> 'paymentId', expires_at);
  END IF;
  applied.outcome := 'success';
  applied.amount := amount::bigint;
  applied.details := jsonb_build_object('amount', amount, 'paymentId', request ->> 'paymentId', 'expiresAtMicroseconds',
    (extract(epoch FROM coalesce(known.expires_at, expires_at)) * 1000000)::bigint);
  RETURN applied;
END
$$;
COMMENT ON FUNCTION tollgate.apply_top_up(jsonb, uuid, public.ai_tokens) IS
  'Adds a pack of bought tokens. A payment counts once: the second time it is answered as the first. The caller has locked the balance.';
REVOKE ALL ON FUNCTION tollgate.apply_top_up(jsonb, uuid, public.ai_tokens) FROM PUBLIC;
