-- Without settings, so that it can become a part of the statements that call it.
CREATE OR REPLACE FUNCTION tollgate.unrolled_rows(
  of_organization uuid,
  before_id uuid,
  from_id uuid,
  to_id uuid,
  from_time timestamptz
) RETURNS TABLE (
  id uuid,
  token_type text,
  sequence bigint,
  created_at timestamptz,
  user_id uuid,
  feature_used text,
  is_use boolean,
  kind text,
  tokens bigint,
  change bigint,
  balance bigint
)
LANGUAGE sql STABLE
AS $$
  SELECT entry.id, entry.token_type, entry.sequence, entry.created_at, entry.user_id, entry.feature_used, entry.is_use,
    entry.kind, CASE WHEN entry.is_use THEN entry.required ELSE 0 END, entry.amount, entry.balance_after
  FROM tollgate.ledger AS entry
    LEFT JOIN tollgate.rolled_balances AS rolled
      ON rolled.organization_id = of_organization AND rolled.token_type = entry.token_type
  WHERE entry.organization_id = of_organization
    AND entry.id >= from_id
    AND entry.id <= to_id
    AND entry.created_at >= from_time
    AND CASE
      WHEN entry.sequence IS NULL THEN entry.id >= before_id AND NOT tollgate.is_irregular(entry.id, entry.created_at)
      ELSE entry.sequence > coalesce(rolled.sequence, 0)
    END
$$;
COMMENT ON FUNCTION tollgate.unrolled_rows(uuid, uuid, uuid, uuid, timestamptz) IS
  'Rows of an organization''s ledger that are not rolled up, of ids from from_id to to_id and from a time on, but for those that late_entries names: of a balance''s movements those behind what is rolled up, of rows without a place in a chain those from before_id on.';
REVOKE ALL ON FUNCTION tollgate.unrolled_rows(uuid, uuid, uuid, uuid, timestamptz) FROM PUBLIC;
