CREATE OR REPLACE FUNCTION tollgate.read_ledger(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  only_token_type text DEFAULT NULL,
  only_kind text DEFAULT NULL,
  from_time timestamptz DEFAULT NULL,
  to_time timestamptz DEFAULT NULL,
  before_id uuid DEFAULT NULL,
  row_limit integer DEFAULT 50
) RETURNS TABLE (
  outcome text,
  id uuid,
  kind text,
  status text,
  token_type text,
  feature_used text,
  user_id_of_entry uuid,
  event_id text,
  amount bigint,
  balance_before bigint,
  balance_after bigint,
  sequence bigint,
  reason text,
  required bigint,
  subject_id uuid,
  reservation_id uuid,
  price_version integer,
  units bigint,
  dimensions jsonb,
  from_purchased bigint,
  idempotency_key text,
  metadata jsonb,
  created_at timestamptz
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Planned each time: what is not asked for falls away, and so do the months that it cannot be in.
SET plan_cache_mode = force_custom_plan
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  only_uses CONSTANT boolean := read_ledger.only_kind IN ('deduction', 'capture');
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[read_ledger.organization_id]);
  outcome := tollgate.may_read(read_ledger.organization_id, read_ledger.user_id, read_ledger.membership_required);
  IF outcome <> 'success' THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN NEXT;
    RETURN;
  END IF;

  RETURN QUERY
  SELECT
    read_ledger.outcome, entry.id, entry.kind, entry.status, entry.token_type, entry.feature_used, entry.user_id,
    entry.event_id, entry.amount, entry.balance_before, entry.balance_after, entry.sequence, entry.reason,
    entry.required, entry.subject_id, entry.reservation_id, entry.price_version, entry.units, entry.dimensions,
    entry.from_purchased, entry.idempotency_key,
    CASE WHEN entry.kind = 'refusal' THEN entry.metadata - 'refusal' ELSE entry.metadata END,
    entry.created_at
  FROM tollgate.ledger AS entry
  WHERE entry.organization_id = read_ledger.organization_id
    AND (before_id IS NULL OR entry.id < before_id)
    AND (only_token_type IS NULL OR entry.token_type = only_token_type)
    AND (only_kind IS NULL OR entry.kind = only_kind)
    AND (only_uses IS NULL OR entry.is_use = only_uses)
    AND (only_kind IS DISTINCT FROM 'capture' OR entry.reservation_id IS NOT NULL)
    AND (from_time IS NULL
      OR entry.created_at >= from_time AND entry.id >= tollgate.first_id_at(from_time - interval '1 minute'))
    AND (to_time IS NULL
      OR entry.created_at < to_time AND entry.id < tollgate.first_id_at(to_time + interval '1 minute'))
  ORDER BY entry.id DESC
  LIMIT row_limit;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.read_ledger(uuid, uuid, boolean, text, text, timestamptz, timestamptz, uuid, integer) IS
  'A page of an organization''s ledger, newest first: movements and refusals of one token type and kind (NULL: of all), made from from_time on and before to_time, with ids before before_id. Who may not read it gets one row with the outcome and NULLs.';
REVOKE ALL ON FUNCTION tollgate.read_ledger(uuid, uuid, boolean, text, text, timestamptz, timestamptz, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_ledger(uuid, uuid, boolean, text, text, timestamptz, timestamptz, uuid, integer) TO tollgate_server, service_role;
