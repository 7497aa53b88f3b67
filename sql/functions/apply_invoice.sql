CREATE OR REPLACE FUNCTION tollgate.apply_invoice(event tollgate.payment_events, state text) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  tenant CONSTANT uuid := tollgate.organization_of_customer(event.customer_id);
  cause CONSTANT jsonb :=
    jsonb_build_object('invoiceId', event.facts -> 'object', 'paymentEventId', event.event_id);
  organization public.organizations;
  has_changed boolean;
BEGIN
  IF event.customer_id IS NULL OR NOT event.facts ? 'object' THEN
    RETURN 'incomplete';
  ELSIF tenant IS NULL THEN
    RETURN 'unknown_customer';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  -- One at a time: the status follows from all invoices.
  SELECT *
  INTO STRICT organization
  FROM public.organizations AS known
  WHERE known.id = tenant
  FOR NO KEY UPDATE;
  INSERT INTO tollgate.payment_invoices AS known
    (organization_id, invoice_id, customer_id, state, stated_at, event_id)
  VALUES (tenant, event.facts ->> 'object', event.customer_id, apply_invoice.state, event.happened_at, event.event_id)
  ON CONFLICT ON CONSTRAINT "an invoice has one row" DO UPDATE
  SET state = excluded.state,
    stated_at = excluded.stated_at,
    event_id = excluded.event_id
  -- Whatever comes first: the later event holds, and within a second the payment. What was waived fails no more.
  WHERE CASE excluded.state
      WHEN 'failed' THEN known.state <> 'waived' AND excluded.stated_at > known.stated_at
      ELSE known.state = 'waived' OR excluded.stated_at >= known.stated_at
    END;
  has_changed := FOUND;
  IF has_changed AND apply_invoice.state = 'failed' AND organization.status = 'active' THEN
    PERFORM tollgate.set_payment_hold(tenant, true, cause);
    RETURN 'suspended';
  ELSIF organization.payment_hold AND NOT tollgate.owes_invoices(tenant) THEN
    PERFORM tollgate.set_payment_hold(tenant, false, cause);
    RETURN 'restored';
  END IF;
  RETURN 'noted';
END
$$;
COMMENT ON FUNCTION tollgate.apply_invoice(tollgate.payment_events, text) IS
  'Notes what the provider says of an invoice, failed or settled; suspends its organization for a failed one, and lets it go on when none is left and nobody else has suspended it. Returns what became of it.';
REVOKE ALL ON FUNCTION tollgate.apply_invoice(tollgate.payment_events, text) FROM PUBLIC;
