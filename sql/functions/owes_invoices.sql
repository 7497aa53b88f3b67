CREATE OR REPLACE FUNCTION tollgate.owes_invoices(organization_id uuid) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT EXISTS (
    SELECT
    FROM tollgate.payment_invoices AS invoice
    WHERE invoice.organization_id = owes_invoices.organization_id AND invoice.state = 'failed'
  )
$$;
COMMENT ON FUNCTION tollgate.owes_invoices(uuid) IS
  'Whether payment of an invoice failed and nothing has settled it since. The caller is admitted to the organization.';
REVOKE ALL ON FUNCTION tollgate.owes_invoices(uuid) FROM PUBLIC;
