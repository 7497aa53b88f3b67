-- Which packs a charge took its bought tokens from.
--
-- Packs are brought up to date from time to time; between two such moments the charges took the packs' tokens in the
-- order of their sequence, from the packs in the order in which they expire. So the tokens of that stretch, laid out in
-- a row pack by pack, are the charges' tokens in a row, and all there is to find is where this charge's begin.
--
-- A charge that takes bought tokens leaves no others: what was bought is then what is left. So the tokens that were taken
-- after it are what it left, less what was left at the stretch's end; in an open stretch the row goes on to the very last
-- of the packs' tokens, and what it left are the ones behind.
CREATE OR REPLACE FUNCTION tollgate.paying_packs(
  organization_id uuid,
  charge_id uuid
) RETURNS TABLE (pack_id uuid, amount bigint, expires_at timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH charge AS (
    SELECT
      uses.token_type, uses.sequence, uses.from_purchased,
      greatest(0, uses.remaining_balance) AS left_after,
      token.purchased_sequence
    FROM public.ai_token_usage_log AS uses
      JOIN public.ai_tokens AS token USING (organization_id, token_type)
    WHERE uses.organization_id = paying_packs.organization_id
      AND uses.id = charge_id
      AND uses.from_purchased > 0
  ),
  stretch AS (
    SELECT
      charge.token_type,
      charge.sequence AS sequence_from,
      gone.sequence_to
    FROM charge
      JOIN tollgate.pack_uses AS gone
        ON gone.organization_id = paying_packs.organization_id
          AND gone.token_type = charge.token_type
          AND gone.sequence_after < charge.sequence
          AND gone.sequence_to >= charge.sequence
          AND NOT gone.expired
    LIMIT 1
  ),
  -- What was left of the bought tokens at the end of a closed stretch: as much as its last taker left.
  ending AS (
    SELECT
      stretch.sequence_to,
      greatest(0, least(
        (
          SELECT taker.remaining_balance
          FROM public.ai_token_usage_log AS taker
          WHERE taker.organization_id = paying_packs.organization_id
            AND taker.token_type = stretch.token_type
            AND taker.from_purchased > 0
            AND taker.sequence BETWEEN stretch.sequence_from AND stretch.sequence_to
          ORDER BY taker.sequence DESC
          LIMIT 1
        ),
        (
          SELECT min(taker.balance_after)
          FROM tollgate.ledger_entries AS taker
          WHERE taker.organization_id = paying_packs.organization_id
            AND taker.token_type = stretch.token_type
            AND taker.kind = 'adjustment'
            AND taker.amount < 0
            AND taker.sequence BETWEEN stretch.sequence_from AND stretch.sequence_to
        ))) AS left_at_end
    FROM stretch
  ),
  row_of_tokens AS (
    SELECT gone.pack_id, gone.amount, pack.expires_at
    FROM ending
      JOIN charge ON true
      JOIN tollgate.pack_uses AS gone
        ON gone.organization_id = paying_packs.organization_id
          AND gone.token_type = charge.token_type
          AND gone.sequence_to = ending.sequence_to
          AND NOT gone.expired
      JOIN tollgate.token_packs AS pack
        ON pack.organization_id = gone.organization_id AND pack.pack_id = gone.pack_id
    UNION ALL
    SELECT pack.pack_id, pack.remaining, pack.expires_at
    FROM charge
      JOIN tollgate.token_packs AS pack
        ON pack.organization_id = paying_packs.organization_id
          AND pack.token_type = charge.token_type
          AND pack.remaining > 0
    WHERE charge.sequence > charge.purchased_sequence
  ),
  laid_out AS (
    SELECT
      row_of_tokens.pack_id, row_of_tokens.amount, row_of_tokens.expires_at,
      sum(row_of_tokens.amount) OVER (ORDER BY row_of_tokens.expires_at, row_of_tokens.pack_id) AS end_at,
      sum(row_of_tokens.amount) OVER () AS total
    FROM row_of_tokens
  ),
  placed AS (
    SELECT
      laid_out.*,
      charge.from_purchased,
      laid_out.total - (charge.left_after - coalesce(ending.left_at_end, 0)) - charge.from_purchased AS begins_at
    FROM laid_out
      CROSS JOIN charge
      LEFT JOIN ending ON true
  )
  SELECT placed.pack_id, taken.amount::bigint, placed.expires_at
  FROM placed
    CROSS JOIN LATERAL (
      SELECT
        least(placed.begins_at + placed.from_purchased, placed.end_at)
          - greatest(placed.begins_at, placed.end_at - placed.amount) AS amount
    ) AS taken
  WHERE taken.amount > 0
  ORDER BY placed.expires_at, placed.pack_id
$$;
COMMENT ON FUNCTION tollgate.paying_packs(uuid, uuid) IS
  'The packs that paid a charge, with the tokens that each gave; none for a charge that took no bought tokens. The caller has admitted itself to the organization.';
REVOKE ALL ON FUNCTION tollgate.paying_packs(uuid, uuid) FROM PUBLIC;
