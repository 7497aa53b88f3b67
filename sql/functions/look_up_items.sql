CREATE OR REPLACE FUNCTION tollgate.look_up_items(
  organization_ids uuid[],
  user_ids uuid[],
  membership_required boolean[],
  features text[],
  units bigint[]
) RETURNS TABLE (
  n integer,
  organization_id uuid,
  token_type text,
  cost bigint,
  price_version integer,
  verdict text,
  slot integer
)
LANGUAGE sql STABLE
AS $$
  SELECT
    known.n::integer,
    known.organization_id,
    known.token_type,
    CASE WHEN known.verdict IS NULL OR known.verdict = 'organization_suspended' THEN known.units * known.price END,
    known.price_version,
    known.verdict,
    CASE WHEN known.has_balance THEN (first_value(known.n) OVER items_of_balance)::integer END
  FROM (
    SELECT
      named.*,
      offered.token_type,
      offered.cost AS price,
      offered.price_version,
      member.is_admitted AND organization.id IS NOT NULL AND offered.feature IS NOT NULL AS has_balance,
      CASE
        WHEN NOT member.is_admitted THEN 'forbidden'
        WHEN organization.id IS NULL THEN 'unknown_organization'
        WHEN offered.feature IS NULL THEN 'unknown_feature'
        WHEN named.units IS NULL OR named.units NOT BETWEEN 1 AND 1000000000000000 / greatest(offered.cost, 1) THEN 'amount_out_of_range'
        WHEN organization.status = 'suspended' THEN 'organization_suspended'
      END AS verdict
    FROM unnest(organization_ids, user_ids, membership_required, features, units)
        WITH ORDINALITY
        AS named (organization_id, user_id, membership_required, feature, units, n)
      LEFT JOIN tollgate.features AS offered ON offered.feature = named.feature
      LEFT JOIN public.organizations AS organization ON organization.id = named.organization_id
      LEFT JOIN public.user_profiles AS membership
        ON membership.organization_id = named.organization_id AND membership.id = named.user_id
      CROSS JOIN LATERAL (SELECT membership.id IS NOT NULL OR NOT coalesce(named.membership_required, true) AS is_admitted) AS member
  ) AS known
  WINDOW items_of_balance AS (PARTITION BY known.has_balance, known.organization_id, known.token_type ORDER BY known.n)
$$;
COMMENT ON FUNCTION tollgate.look_up_items(uuid[], uuid[], boolean[], text[], bigint[]) IS
  'What each item of a batch names: its price, its balance''s slot (the number of the first item with this balance), and why it can be refused without looking at the balance (verdict, an outcome).';
REVOKE ALL ON FUNCTION tollgate.look_up_items(uuid[], uuid[], boolean[], text[], bigint[]) FROM PUBLIC;
