CREATE OR REPLACE FUNCTION tollgate.may_read(
  organization_id uuid,
  user_id uuid,
  membership_required boolean
) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
    WHEN coalesce(may_read.membership_required, true) AND NOT EXISTS (
      SELECT
      FROM public.user_profiles AS membership
      WHERE membership.organization_id = may_read.organization_id AND membership.id = may_read.user_id
    ) THEN 'forbidden'
    WHEN NOT EXISTS (
      SELECT
      FROM public.organizations AS organization
      WHERE organization.id = may_read.organization_id
    ) THEN 'unknown_organization'
    ELSE 'success'
  END
$$;
COMMENT ON FUNCTION tollgate.may_read(uuid, uuid, boolean) IS
  'success, forbidden or unknown_organization: whether this user may read of that organization. The caller has admitted itself to it.';
REVOKE ALL ON FUNCTION tollgate.may_read(uuid, uuid, boolean) FROM PUBLIC;
