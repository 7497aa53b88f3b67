CREATE OR REPLACE FUNCTION tollgate.end_deliveries(organization_id uuid, receiver_id uuid, reason text) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  UPDATE tollgate.deliveries AS held
  SET status = 'dead',
    next_attempt_at = NULL,
    finished_at = tollgate.moment(),
    last_error = end_deliveries.reason
  WHERE held.organization_id = end_deliveries.organization_id
    AND held.receiver_id = end_deliveries.receiver_id
    AND held.status = 'pending'
$$;
COMMENT ON FUNCTION tollgate.end_deliveries(uuid, uuid, text) IS
  'What waits for a receiver that is not asked any more is dead. The caller has admitted itself to the organization.';
REVOKE ALL ON FUNCTION tollgate.end_deliveries(uuid, uuid, text) FROM PUBLIC;
