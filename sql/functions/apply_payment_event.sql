CREATE OR REPLACE FUNCTION tollgate.apply_payment_event(event tollgate.payment_events) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN CASE
    -- Of an account that is connected to ours: its owner chooses what its checkouts say.
    WHEN event.facts ? 'account' THEN 'other_account'
    WHEN event.type IN ('checkout.session.completed', 'checkout.session.async_payment_succeeded') THEN
      tollgate.apply_checkout(event)
    WHEN event.type IN ('invoice.payment_failed') THEN tollgate.apply_invoice(event, 'failed')
    WHEN event.type IN ('invoice.paid', 'invoice.payment_succeeded', 'invoice.voided') THEN
      tollgate.apply_invoice(event, 'settled')
    ELSE 'unused_type'
  END;
END
$$;
COMMENT ON FUNCTION tollgate.apply_payment_event(tollgate.payment_events) IS
  'Does what an event says, and returns what became of it. The caller holds its row and its customer''s lock.';
REVOKE ALL ON FUNCTION tollgate.apply_payment_event(tollgate.payment_events) FROM PUBLIC;
