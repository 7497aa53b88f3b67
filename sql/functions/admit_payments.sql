CREATE OR REPLACE FUNCTION tollgate.admit_payments(event_ids text[], customer_ids text[]) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT
    set_config('tollgate.payment_events', coalesce(nullif(array_remove(event_ids, NULL), '{}')::text, ''), true),
    set_config('tollgate.customers', coalesce(nullif(array_remove(customer_ids, NULL), '{}')::text, ''), true)
$$;
COMMENT ON FUNCTION tollgate.admit_payments(text[], text[]) IS
  'Admits the running function to exactly these events and customers of the payment provider, whosever they are, until the transaction ends or the function admits none: as tollgate.admit_organizations(), for what is known before its organization.';
REVOKE ALL ON FUNCTION tollgate.admit_payments(text[], text[]) FROM PUBLIC;
