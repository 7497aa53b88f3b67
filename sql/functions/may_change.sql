CREATE OR REPLACE FUNCTION tollgate.may_change(
  organization_id uuid,
  user_id uuid,
  membership_required boolean
) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
    WHEN readable.outcome = 'success' AND coalesce(may_change.membership_required, true) AND EXISTS (
      SELECT
      FROM public.user_profiles AS membership
      WHERE membership.organization_id = may_change.organization_id AND membership.id = may_change.user_id
        AND membership.role = 'viewer'
    ) THEN 'not_permitted'
    ELSE readable.outcome
  END
  FROM tollgate.may_read(organization_id, user_id, membership_required) AS readable (outcome)
$$;
COMMENT ON FUNCTION tollgate.may_change(uuid, uuid, boolean) IS
  'success, forbidden, not_permitted or unknown_organization: whether this user may change or use up something of that organization. The caller has admitted itself to it.';
REVOKE ALL ON FUNCTION tollgate.may_change(uuid, uuid, boolean) FROM PUBLIC;
