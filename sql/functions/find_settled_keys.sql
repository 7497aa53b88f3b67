CREATE OR REPLACE FUNCTION tollgate.find_settled_keys(organization_ids uuid[], idempotency_keys text[], this_week date)
RETURNS TABLE (
  n integer,
  fingerprint bigint,
  outcome text,
  transaction_id uuid,
  token_type text,
  cost bigint,
  balance_before bigint,
  balance_after bigint,
  available bigint,
  state text,
  created_at timestamptz
)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- Within a week the primary key lets a key settle once. Across the turn of the week only a lock can: transactions
  -- last less than a minute, so those that could miss each other's keys are both in these two minutes.
  IF date_trunc('week', (now() - interval '1 minute') AT TIME ZONE 'UTC')
    <> date_trunc('week', (now() + interval '1 minute') AT TIME ZONE 'UTC')
  THEN
    PERFORM pg_advisory_xact_lock(locked.lock_number)
    FROM (
      SELECT DISTINCT hash_record_extended(ROW('idempotency'::text, organization_id), 0) AS lock_number
      FROM unnest(organization_ids) AS organization_id
      ORDER BY lock_number
    ) AS locked;
  END IF;

  RETURN QUERY
  SELECT named.n::integer, settled.fingerprint, settled.outcome, settled.transaction_id, settled.token_type,
    settled.cost, settled.balance_before, settled.balance_after, settled.available, settled.state, settled.created_at
  FROM unnest(organization_ids, idempotency_keys) WITH ORDINALITY AS named (organization_id, key, n)
    JOIN tollgate.idempotency_keys AS settled
      ON settled.organization_id = named.organization_id
      AND settled.key = named.key
      AND settled.week >= this_week - 7;
END
$$;
COMMENT ON FUNCTION tollgate.find_settled_keys(uuid[], text[], date) IS
  'The items of a batch whose idempotency key was settled before, and what it was answered.';
REVOKE ALL ON FUNCTION tollgate.find_settled_keys(uuid[], text[], date) FROM PUBLIC;
