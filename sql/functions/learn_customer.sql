CREATE OR REPLACE FUNCTION tollgate.learn_customer(organization_id uuid, customer_id text, event_id text) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  waiting tollgate.payment_events;
  result text;
BEGIN
  IF tollgate.organization_of_customer(learn_customer.customer_id) IS NOT NULL THEN
    RETURN false;
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[learn_customer.organization_id]);
  INSERT INTO tollgate.payment_customers (organization_id, customer_id, event_id, created_at)
  VALUES (learn_customer.organization_id, learn_customer.customer_id, learn_customer.event_id, tollgate.moment());
  -- What came before anybody knew whose it was.
  FOR waiting IN
    SELECT *
    FROM tollgate.payment_events AS known
    WHERE known.customer_id = learn_customer.customer_id
      AND known.outcome IN ('unknown_customer', 'unknown_organization')
      -- Who is being told has not written yet what becomes of it.
      AND known.event_id IS DISTINCT FROM learn_customer.event_id
    ORDER BY known.happened_at, known.event_id
    FOR UPDATE
  LOOP
    result := tollgate.apply_payment_event(waiting);
    UPDATE tollgate.payment_events AS known
    SET outcome = result
    WHERE known.event_id = waiting.event_id;
  END LOOP;
  RETURN true;
END
$$;
COMMENT ON FUNCTION tollgate.learn_customer(uuid, text, text) IS
  'Makes a customer that is nobody''s an organization''s, and does what its events say that waited for that. False: it is somebody''s already. The caller holds the customer''s lock and is admitted to it.';
REVOKE ALL ON FUNCTION tollgate.learn_customer(uuid, text, text) FROM PUBLIC;
