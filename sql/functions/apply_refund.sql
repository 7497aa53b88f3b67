CREATE OR REPLACE FUNCTION tollgate.apply_refund(
  request jsonb,
  id uuid,
  token public.ai_tokens,
  charge tollgate.refundable
) RETURNS tollgate.applied
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  applied tollgate.applied;
  refund tollgate.refunds;
  amount bigint;
  to_purchased bigint;
BEGIN
  applied.token := token;
  -- What was free of charge needs no balance: there is none to give anything back to.
  IF token.organization_id IS NULL OR charge.refunded >= charge.cost THEN
    applied.outcome := 'already_refunded';
    RETURN applied;
  ELSIF (request ->> 'amount')::numeric < 1 THEN
    applied.outcome := 'amount_out_of_range';
    RETURN applied;
  ELSIF (request ->> 'amount')::numeric > charge.cost - charge.refunded THEN
    applied.outcome := 'refund_exceeds_charge';
    RETURN applied;
  END IF;
  amount := coalesce((request ->> 'amount')::bigint, charge.cost - charge.refunded);
  IF token.balance > 1000000000000000000 - amount THEN
    applied.outcome := 'amount_out_of_range';
    RETURN applied;
  END IF;

  -- Bought tokens were spent last: they come back first.
  to_purchased := least(amount, charge.from_purchased - charge.refunded_to_purchased);
  refund.organization_id := token.organization_id;
  refund.refund_id := apply_refund.id;
  refund.transaction_id := charge.id;
  refund.amount := amount;
  refund.to_purchased := to_purchased;
  refund.created_at := tollgate.moment();
  applied.refund := refund;
  applied.entry := tollgate.movement(token, 'refund', amount, request ->> 'reason', charge.id, NULL, NULL, apply_refund.id);
  token := tollgate.add_tokens(token, amount, to_purchased, apply_refund.id, NULL, NULL);
  -- A charge of an earlier period was not used in this one.
  token.total_used := greatest(0, token.total_used - amount);

  applied.outcome := 'success';
  applied.token := token;
  applied.amount := amount;
  applied.feature := charge.feature;
  applied.details := jsonb_build_object('amount', amount, 'refundedTotal', charge.refunded + amount);
  RETURN applied;
END
$$;
COMMENT ON FUNCTION tollgate.apply_refund(jsonb, uuid, public.ai_tokens, tollgate.refundable) IS
  'Gives back all that is left of a charge, or a part of it, to where it came from. The caller has locked the balance, under whose lock alone a charge''s refunds grow, and writes the refund.';
REVOKE ALL ON FUNCTION tollgate.apply_refund(jsonb, uuid, public.ai_tokens, tollgate.refundable) FROM PUBLIC;
