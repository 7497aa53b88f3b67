CREATE OR REPLACE FUNCTION tollgate.look_up_items(
  organization_ids uuid[],
  user_ids uuid[],
  membership_required boolean[],
  features text[],
  units bigint[],
  idempotency_keys text[],
  event_ids text[],
  metadata jsonb[]
) RETURNS TABLE (
  n integer,
  organization_id uuid,
  token_type text,
  cost bigint,
  price_version integer,
  verdict integer,
  slot integer,
  has_key boolean,
  predecessor integer,
  fingerprint bigint
)
LANGUAGE sql STABLE
AS $$
  SELECT
    known.n::integer,
    known.organization_id,
    known.token_type,
    CASE WHEN known.verdict IS NULL OR known.verdict = 4 THEN known.units * known.price END,
    known.price_version,
    known.verdict,
    CASE WHEN known.has_balance THEN (dense_rank() OVER in_key_order)::integer END,
    known.key IS NOT NULL,
    CASE WHEN known.key IS NOT NULL THEN
      (lag(known.n) OVER (PARTITION BY known.organization_id, known.key COLLATE "C" ORDER BY known.n))::integer
    END,
    -- The metadata as text: jsonb's own hash is the same for {}, [] and NULL.
    pg_catalog.hash_record_extended(
      ROW('deduct'::text, known.user_id, known.feature, known.units, known.event_id, known.metadata::text), 0)
  FROM (
    SELECT
      named.*,
      offered.token_type,
      offered.cost AS price,
      offered.price_version,
      member.is_admitted AND organization.id IS NOT NULL AND offered.feature IS NOT NULL AS has_balance,
      CASE
        WHEN NOT member.is_admitted THEN 5
        WHEN organization.id IS NULL THEN 6
        WHEN offered.feature IS NULL THEN 7
        WHEN named.units IS NULL OR named.units NOT BETWEEN 1 AND 1000000000000000
          OR named.units > 1000000000000000 / greatest(offered.cost, 1) THEN 8
        WHEN organization.status = 'suspended' THEN 4
      END AS verdict
    FROM unnest(organization_ids, user_ids, membership_required, features, units, idempotency_keys, event_ids, metadata)
        WITH ORDINALITY
        AS named (organization_id, user_id, membership_required, feature, units, key, event_id, metadata, n)
      LEFT JOIN tollgate.features AS offered ON offered.feature = named.feature
      LEFT JOIN public.organizations AS organization ON organization.id = named.organization_id
      LEFT JOIN public.user_profiles AS membership
        ON membership.organization_id = named.organization_id AND membership.id = named.user_id
      CROSS JOIN LATERAL (SELECT membership.id IS NOT NULL OR NOT coalesce(named.membership_required, true) AS is_admitted) AS member
  ) AS known
  WINDOW in_key_order AS (PARTITION BY known.has_balance ORDER BY known.organization_id, known.token_type)
$$;
COMMENT ON FUNCTION tollgate.look_up_items(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[]) IS
  'What each item of a batch names: its price, its balance''s slot in key order, and why it can be refused without looking at the balance (verdict, a code of tollgate.settle).';
REVOKE ALL ON FUNCTION tollgate.look_up_items(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[]) FROM PUBLIC;
