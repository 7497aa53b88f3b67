CREATE OR REPLACE FUNCTION tollgate.set_organization_status(
  organization_id uuid,
  status text,
  event_kind text,
  payload jsonb
) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  before public.organizations;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[set_organization_status.organization_id]);
  SELECT *
  INTO before
  FROM public.organizations AS known
  WHERE known.id = set_organization_status.organization_id
  FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  -- People decide from here on, not payments: that is news, too.
  IF before.status <> set_organization_status.status OR before.payment_hold THEN
    UPDATE public.organizations AS organization
    SET status = set_organization_status.status,
      payment_hold = false,
      updated_at = now()
    WHERE organization.id = set_organization_status.organization_id;
    PERFORM tollgate.write_event(set_organization_status.organization_id, event_kind, NULL, payload);
  END IF;
  UPDATE tollgate.payment_invoices AS invoice
  SET state = 'waived'
  WHERE invoice.organization_id = set_organization_status.organization_id
    AND invoice.state = 'failed'
    AND set_organization_status.status = 'active';
  PERFORM tollgate.admit_organizations('{}');
  RETURN before.status <> set_organization_status.status;
END
$$;
COMMENT ON FUNCTION tollgate.set_organization_status(uuid, text, text, jsonb) IS
  'Makes an organization active or suspended, as people decide, and writes the event, unless people had decided so already; what payments had decided holds no longer, and whoever is active owes nothing that has failed. Returns whether the status is another. Raises TG404 for an unknown organization.';
REVOKE ALL ON FUNCTION tollgate.set_organization_status(uuid, text, text, jsonb) FROM PUBLIC;
