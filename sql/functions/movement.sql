CREATE OR REPLACE FUNCTION tollgate.movement(
  token public.ai_tokens,
  kind text,
  amount bigint,
  reason text DEFAULT NULL,
  subject_id uuid DEFAULT NULL,
  required bigint DEFAULT NULL,
  metadata jsonb DEFAULT NULL,
  id uuid DEFAULT NULL
) RETURNS tollgate.ledger_entries
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  entry tollgate.ledger_entries;
BEGIN
  entry.id := coalesce(movement.id, tollgate.time_ordered_id());
  entry.organization_id := token.organization_id;
  entry.token_type := token.token_type;
  entry.kind := movement.kind;
  entry.amount := movement.amount;
  entry.balance_before := token.ledger_balance;
  entry.balance_after := token.ledger_balance + movement.amount;
  entry.sequence := token.ledger_sequence + 1;
  entry.reason := movement.reason;
  entry.subject_id := movement.subject_id;
  entry.required := movement.required;
  entry.metadata := coalesce(movement.metadata, '{}');
  entry.created_at := tollgate.moment();
  RETURN entry;
END
$$;
COMMENT ON FUNCTION tollgate.movement(public.ai_tokens, text, bigint, text, uuid, bigint, jsonb, uuid) IS
  'The ledger''s next row of a balance that stands at ledger_balance: what moves it by this amount. Writes nothing.';
REVOKE ALL ON FUNCTION tollgate.movement(public.ai_tokens, text, bigint, text, uuid, bigint, jsonb, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.movement(public.ai_tokens, text, bigint, text, uuid, bigint, jsonb, uuid) TO authenticated, service_role;
