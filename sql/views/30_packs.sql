-- What was spent since the packs were last brought up to date is known as a sum: what they have beyond what is left of the
-- bought tokens. It belongs to them in the order in which they expire. What is due comes before that.
CREATE OR REPLACE VIEW tollgate.packs WITH (security_invoker = true) AS
SELECT
  counted.organization_id,
  counted.token_type,
  counted.pack_id,
  counted.payment_id,
  counted.amount,
  counted.amount - counted.expired - counted.unspent AS used,
  counted.unspent AS remaining,
  counted.expired,
  counted.expires_at <= tollgate.moment() AS is_expired,
  counted.expires_at,
  counted.created_at
FROM (
  SELECT
    present.*,
    least(
      present.present,
      greatest(0, sum(present.present) OVER in_order - (sum(present.present) OVER of_balance - present.left_of_all))
    )::bigint AS unspent
  FROM (
    SELECT
      pack.*,
      coalesce(balance.left_of_all, 0) AS left_of_all,
      pack.remaining - coalesce(due.taken, 0) AS present,
      coalesce(due.expired, 0) + coalesce((
        SELECT sum(gone.amount)
        FROM tollgate.pack_uses AS gone
        WHERE gone.organization_id = pack.organization_id
          AND gone.pack_id = pack.pack_id
          AND gone.expired
      ), 0)::bigint AS expired
    FROM tollgate.token_packs AS pack
      LEFT JOIN (
        SELECT
          token.organization_id, token.token_type, due.pack_uses,
          greatest(0, least((due.current).purchased, (due.current).balance)) AS left_of_all
        FROM public.ai_tokens AS token
          CROSS JOIN LATERAL tollgate.due_movements(token, tollgate.moment()) AS due
        WHERE token.purchased > 0
          OR token.due_at <= tollgate.moment()
      ) AS balance USING (organization_id, token_type)
      LEFT JOIN LATERAL (
        SELECT sum(use.amount)::bigint AS taken, (sum(use.amount) FILTER (WHERE use.expired))::bigint AS expired
        FROM unnest(balance.pack_uses) AS use
        WHERE use.pack_id = pack.pack_id
      ) AS due ON true
  ) AS present
  WINDOW
    of_balance AS (PARTITION BY present.organization_id, present.token_type),
    in_order AS (PARTITION BY present.organization_id, present.token_type ORDER BY present.expires_at, present.pack_id)
) AS counted;
COMMENT ON VIEW tollgate.packs IS
  'Bought tokens, pack by pack, as of now: amount = used + remaining + expired. Also counts what was spent or has expired since token_packs was last brought up to date.';
COMMENT ON COLUMN tollgate.packs.payment_id IS 'The payment it was bought with; NULL: bought tokens that a refund gave back.';
COMMENT ON COLUMN tollgate.packs.amount IS 'Tokens bought.';
COMMENT ON COLUMN tollgate.packs.used IS 'Tokens spent.';
COMMENT ON COLUMN tollgate.packs.remaining IS 'Tokens left; of a pack whose time is over those that a reservation still holds.';
COMMENT ON COLUMN tollgate.packs.expired IS 'Tokens that nobody spent in time.';
GRANT SELECT ON tollgate.packs TO authenticated, service_role;
