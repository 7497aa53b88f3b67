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
  has_changed boolean;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[set_organization_status.organization_id]);
  UPDATE public.organizations AS organization
  SET status = set_organization_status.status,
    payment_hold = false,
    updated_at = now()
  WHERE organization.id = set_organization_status.organization_id
    AND organization.status <> set_organization_status.status;
  has_changed := FOUND;
  IF has_changed THEN
    PERFORM tollgate.write_event(set_organization_status.organization_id, event_kind, NULL, payload);
  ELSIF NOT EXISTS (
    SELECT FROM public.organizations AS known WHERE known.id = set_organization_status.organization_id
  ) THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  -- People decide from here on, not payments.
  UPDATE public.organizations AS organization
  SET payment_hold = false
  WHERE organization.id = set_organization_status.organization_id AND organization.payment_hold;
  UPDATE tollgate.payment_invoices AS invoice
  SET state = 'waived'
  WHERE invoice.organization_id = set_organization_status.organization_id
    AND invoice.state = 'failed'
    AND set_organization_status.status = 'active';
  PERFORM tollgate.admit_organizations('{}');
  RETURN has_changed;
END
$$;
COMMENT ON FUNCTION tollgate.set_organization_status(uuid, text, text, jsonb) IS
  'Makes an organization active or suspended, as people decide, and writes the event, unless it is so already; what payments had decided holds no longer, and whoever is active owes nothing that has failed. Raises TG404 for an unknown organization.';
REVOKE ALL ON FUNCTION tollgate.set_organization_status(uuid, text, text, jsonb) FROM PUBLIC;
