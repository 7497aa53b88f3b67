CREATE OR REPLACE FUNCTION tollgate.deduct(
  organization_id uuid,
  user_id uuid,
  feature text,
  units bigint DEFAULT 1,
  idempotency_key text DEFAULT NULL,
  metadata jsonb DEFAULT '{}'
) RETURNS TABLE (
  status text,
  transaction_id uuid,
  token_type text,
  feature_used text,
  cost bigint,
  balance_before bigint,
  balance_after bigint,
  available bigint,
  state text,
  created_at timestamptz,
  replayed boolean
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  answer CONSTANT tollgate.settlement := tollgate.settle_one(
    deduct.organization_id, deduct.user_id, feature, units, idempotency_key, metadata, NULL);
BEGIN
  status := answer.outcome;
  transaction_id := answer.transaction_id;
  token_type := answer.token_type;
  feature_used := deduct.feature;
  cost := answer.cost;
  balance_before := answer.balance_before;
  balance_after := answer.balance_after;
  available := answer.available;
  state := answer.state;
  created_at := answer.created_at;
  replayed := answer.replayed;
  RETURN NEXT;
END
$$;
COMMENT ON FUNCTION tollgate.deduct(uuid, uuid, text, bigint, text, jsonb) IS
  'Spends units × the feature''s price, or refuses: a batch of one for tollgate.settle. status is success or a refusal: insufficient_tokens, critical_balance, not_on_plan, organization_suspended, refilling or limit_reached; what is no refusal is raised as TG400 invalid argument, TG401 no user, TG403 another organization, TG404 unknown organization, TG421 unknown feature, TG422 amount out of range or units that do not fit the price, TG423 key used for another request.';
REVOKE ALL ON FUNCTION tollgate.deduct(uuid, uuid, text, bigint, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.deduct(uuid, uuid, text, bigint, text, jsonb) TO authenticated, service_role, tollgate_server;
