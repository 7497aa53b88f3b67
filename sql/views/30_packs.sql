-- What was spent since the packs were last brought up to date is known as a sum, and belongs to the open packs in the
-- order in which they expire.
CREATE OR REPLACE VIEW tollgate.packs WITH (security_invoker = true) AS
SELECT
  counted.organization_id,
  counted.token_type,
  counted.pack_id,
  counted.payment_id,
  counted.amount,
  counted.amount - counted.expired_before - counted.unspent AS used,
  CASE WHEN counted.is_expired THEN 0 ELSE counted.unspent END AS remaining,
  counted.expired_before + CASE WHEN counted.is_expired THEN counted.unspent ELSE 0 END AS expired,
  counted.is_expired,
  counted.expires_at,
  counted.created_at
FROM (
  SELECT
    pack.*,
    pack.expires_at <= tollgate.moment() AS is_expired,
    coalesce((
      SELECT sum(gone.amount)
      FROM tollgate.pack_uses AS gone
      WHERE gone.organization_id = pack.organization_id
        AND gone.pack_id = pack.pack_id
        AND gone.expired
    ), 0)::bigint AS expired_before,
    -- A pack keeps what is behind the spent tokens in the row of them all, and at most what it had.
    least(pack.remaining, greatest(0, pack.remaining_so_far - pack.spent_since)) AS unspent
  FROM (
    SELECT
      stored.*,
      (sum(stored.remaining) OVER (
        PARTITION BY stored.organization_id, stored.token_type
        ORDER BY stored.expires_at, stored.pack_id
      ))::bigint AS remaining_so_far,
      coalesce(token.purchased_marker - greatest(0, least(token.purchased, token.balance)), 0) AS spent_since
    FROM tollgate.token_packs AS stored
      LEFT JOIN public.ai_tokens AS token USING (organization_id, token_type)
  ) AS pack
) AS counted;
COMMENT ON VIEW tollgate.packs IS
  'Bought tokens, pack by pack, as of now: amount = used + remaining + expired. Also counts what was spent or has expired since token_packs was last brought up to date.';
COMMENT ON COLUMN tollgate.packs.payment_id IS 'The payment it was bought with; NULL: bought tokens that a refund gave back.';
COMMENT ON COLUMN tollgate.packs.amount IS 'Tokens bought.';
COMMENT ON COLUMN tollgate.packs.used IS 'Tokens spent.';
COMMENT ON COLUMN tollgate.packs.remaining IS 'Tokens that can still be spent.';
COMMENT ON COLUMN tollgate.packs.expired IS 'Tokens that nobody spent in time.';
GRANT SELECT ON tollgate.packs TO authenticated, service_role;
