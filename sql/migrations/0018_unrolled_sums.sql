-- What is not rolled up is added up where it is read, instead of being handed on row by row. What did that before goes with
-- sql/functions/unrolled_sums.sql, in the transaction in which nobody calls it any more.

SET LOCAL ROLE tollgate_owner;

CREATE TYPE tollgate.unrolled_sum AS (
  organization_id uuid,
  token_type text,
  hour timestamptz,
  feature_used text,
  user_id uuid,
  is_pending boolean,
  entries bigint,
  uses bigint,
  tokens bigint,
  refusals bigint,
  change bigint,
  refunded bigint,
  first_used_at timestamptz,
  last_sequence bigint,
  balance bigint,
  reaches timestamptz,
  is_cut boolean,
  goes_on_at timestamptz
);
COMMENT ON TYPE tollgate.unrolled_sum IS
  'Rows of the ledger that are not in the roll-ups, of one hour (UTC), token type, feature (empty: none) and user (nil: nobody): either movements of a balance, or rows without a place in a chain, of which change, first_used_at, last_sequence and balance are NULL. tokens: what the uses deducted; change: what all of them changed the balance by, to balance after the last one; refunded: what refunds among them gave back. is_pending: they wait for the seal. reaches: rows of the organization without a place in a chain are all here whose ids are before this. is_cut: there are more than fitted, and goes_on_at is about where to look for those.';
COMMENT ON TABLE tollgate.usage_hours IS 'Uses and refusals of each hour, as far as they are rolled up; tollgate.unrolled_sums() has the rest.';
