CREATE OR REPLACE FUNCTION tollgate.read_reservation(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  reservation_id uuid
) RETURNS TABLE (
  outcome text,
  status text,
  reserved_by uuid,
  token_type text,
  feature_used text,
  units jsonb,
  amount bigint,
  captured bigint,
  transaction_id uuid,
  event_id text,
  metadata jsonb,
  expires_at timestamptz,
  created_at timestamptz,
  finished_at timestamptz
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[read_reservation.organization_id]);
  RETURN QUERY
  SELECT
    CASE
      WHEN asked.membership_required AND membership.id IS NULL THEN 'forbidden'
      WHEN organization.id IS NULL THEN 'unknown_organization'
      WHEN held.reservation_id IS NULL THEN 'unknown_reservation'
      ELSE 'success'
    END,
    CASE WHEN held.is_over THEN 'expired' ELSE held.status END,
    held.user_id,
    held.token_type,
    held.feature_used,
    held.units,
    held.amount,
    held.captured,
    held.transaction_id,
    held.event_id,
    held.metadata,
    held.expires_at,
    held.created_at,
    CASE WHEN held.is_over THEN held.expires_at ELSE held.finished_at END
  FROM (
    SELECT coalesce(read_reservation.membership_required, true) AS membership_required
  ) AS asked
    LEFT JOIN public.organizations AS organization ON organization.id = read_reservation.organization_id
    LEFT JOIN public.user_profiles AS membership
      ON membership.organization_id = read_reservation.organization_id AND membership.id = read_reservation.user_id
    LEFT JOIN (
      SELECT
        reservation.*,
        -- Nobody has touched the balance since: what is over holds nothing, whatever its row says.
        reservation.status = 'open' AND reservation.expires_at <= tollgate.moment() AS is_over
      FROM tollgate.reservations AS reservation
      WHERE reservation.organization_id = read_reservation.organization_id
        AND reservation.reservation_id = read_reservation.reservation_id
    ) AS held ON membership.id IS NOT NULL OR NOT asked.membership_required;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.read_reservation(uuid, uuid, boolean, uuid) IS
  'A reservation as of now: one row, whose outcome is success, forbidden, unknown_organization or unknown_reservation, with NULLs unless it is a success.';
REVOKE ALL ON FUNCTION tollgate.read_reservation(uuid, uuid, boolean, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_reservation(uuid, uuid, boolean, uuid) TO tollgate_server, service_role;
