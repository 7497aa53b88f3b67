CREATE OR REPLACE FUNCTION tollgate.give_up_lease(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  cache_name text,
  lease_id uuid,
  OUT outcome text,
  OUT was_open boolean
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  lease_end timestamptz;
BEGIN
  was_open := false;
  PERFORM tollgate.admit_organizations(ARRAY[give_up_lease.organization_id]);
  outcome := tollgate.may_change(give_up_lease.organization_id, give_up_lease.user_id, give_up_lease.membership_required);
  IF outcome = 'success' THEN
    DELETE FROM tollgate.cache_entries AS known
    WHERE known.organization_id = give_up_lease.organization_id
      AND known.cache_name = give_up_lease.cache_name
      AND known.lease_id = give_up_lease.lease_id
      AND known.value IS NULL
    RETURNING known.ends_at INTO lease_end;
    IF lease_end IS NOT NULL THEN
      was_open := lease_end > tollgate.moment();
      PERFORM pg_notify('tollgate_leases', give_up_lease.lease_id::text);
    ELSIF tollgate.lease_outcome(give_up_lease.organization_id, give_up_lease.cache_name, give_up_lease.lease_id)
      = 'unknown_lease'
    THEN
      outcome := 'unknown_lease';
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.give_up_lease(uuid, uuid, boolean, text, uuid) IS
  'Ends a lease without a value, so that one of those who wait gets a call of its own; the charge stays. outcome: success, also for one that is over (was_open is false), unknown_lease, forbidden or unknown_organization.';
REVOKE ALL ON FUNCTION tollgate.give_up_lease(uuid, uuid, boolean, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.give_up_lease(uuid, uuid, boolean, text, uuid) TO service_role, tollgate_server;
