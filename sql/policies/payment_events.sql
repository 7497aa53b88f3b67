-- An event is handed over, or waits for the customer that is handed over: it has no organization before it is understood.
DROP POLICY IF EXISTS "the system counts the event it was told" ON tollgate.payment_events;
CREATE POLICY "the system counts the event it was told" ON tollgate.payment_events
  FOR ALL TO tollgate_owner
  USING (event_id = ANY (nullif((SELECT current_setting('tollgate.payment_events', true)), '')::text[]));

DROP POLICY IF EXISTS "the system finds what waits for a customer" ON tollgate.payment_events;
CREATE POLICY "the system finds what waits for a customer" ON tollgate.payment_events
  FOR ALL TO tollgate_owner
  USING (customer_id = ANY (nullif((SELECT current_setting('tollgate.customers', true)), '')::text[]));
