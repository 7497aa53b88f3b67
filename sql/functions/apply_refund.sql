CREATE OR REPLACE FUNCTION tollgate.apply_refund(request jsonb, id uuid, token public.ai_tokens) RETURNS tollgate.applied
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  applied tollgate.applied;
  charge CONSTANT public.ai_token_usage_log := known
    FROM public.ai_token_usage_log AS known
    WHERE known.organization_id = token.organization_id AND known.id = (request ->> 'transactionId')::uuid
    LIMIT 1;
  refunded bigint;
  refunded_to_purchased bigint;
  amount bigint;
  to_purchased bigint;
BEGIN
  applied.token := token;
  SELECT coalesce(sum(earlier.amount), 0)::bigint, coalesce(sum(earlier.to_purchased), 0)::bigint
  INTO refunded, refunded_to_purchased
  FROM tollgate.refunds AS earlier
  WHERE earlier.organization_id = token.organization_id AND earlier.transaction_id = charge.id;

  -- What was free of charge needs no balance: there is none to give anything back to.
  IF token.organization_id IS NULL OR refunded >= charge.tokens_deducted THEN
    applied.outcome := 'already_refunded';
    RETURN applied;
  ELSIF (request ->> 'amount')::numeric < 1 THEN
    applied.outcome := 'amount_out_of_range';
    RETURN applied;
  ELSIF (request ->> 'amount')::numeric > charge.tokens_deducted - refunded THEN
    applied.outcome := 'refund_exceeds_charge';
    RETURN applied;
  END IF;
  amount := coalesce((request ->> 'amount')::bigint, charge.tokens_deducted - refunded);
  IF token.balance > 1000000000000000000 - amount THEN
    applied.outcome := 'amount_out_of_range';
    RETURN applied;
  END IF;

  -- Bought tokens were spent last: they come back first.
  to_purchased := least(amount, charge.from_purchased - refunded_to_purchased);
  INSERT INTO tollgate.refunds (organization_id, refund_id, transaction_id, amount, to_purchased, created_at)
  VALUES (token.organization_id, apply_refund.id, charge.id, amount, to_purchased, tollgate.moment());
  applied.entry := tollgate.movement(token, 'refund', amount, request ->> 'reason', charge.id, NULL, NULL, apply_refund.id);
  token := tollgate.add_tokens(token, amount, to_purchased, apply_refund.id, NULL, NULL);
  -- A charge of an earlier period was not used in this one.
  token.total_used := greatest(0, token.total_used - amount);

  applied.outcome := 'success';
  applied.token := token;
  applied.amount := amount;
  applied.feature := charge.feature_used;
  applied.details := jsonb_build_object('amount', amount, 'refundedTotal', refunded + amount);
  RETURN applied;
END
$$;
COMMENT ON FUNCTION tollgate.apply_refund(jsonb, uuid, public.ai_tokens) IS
  'Gives back all that is left of a charge, or a part of it, to where it came from. The caller has locked the balance, under whose lock alone a charge''s refunds grow.';
REVOKE ALL ON FUNCTION tollgate.apply_refund(jsonb, uuid, public.ai_tokens) FROM PUBLIC;
