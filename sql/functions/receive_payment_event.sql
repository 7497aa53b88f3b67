CREATE OR REPLACE FUNCTION tollgate.receive_payment_event(
  event_id text,
  type text,
  happened_at timestamptz,
  is_live boolean,
  expects_live boolean,
  api_version text,
  facts jsonb
) RETURNS TABLE (
  outcome text,
  replayed boolean
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  told CONSTANT text := receive_payment_event.event_id;
  customer CONSTANT text := receive_payment_event.facts ->> 'customer';
  -- In the audit log it is not the server's own doing, nor that of a service whose token says "stripe".
  actor CONSTANT text := coalesce(current_setting('tollgate.actor', true), '');
  event tollgate.payment_events;
BEGIN
  IF (told ~ '^[\x21-\x7E]{1,255}$' AND receive_payment_event.type ~ '^[\x21-\x7E]{1,255}$'
      AND isfinite(receive_payment_event.happened_at) AND receive_payment_event.is_live IS NOT NULL
      AND receive_payment_event.expects_live IS NOT NULL
      AND (length(receive_payment_event.api_version) <= 255) IS NOT FALSE
      AND jsonb_typeof(receive_payment_event.facts) = 'object') IS NOT TRUE
  THEN
    RAISE EXCEPTION 'An event has an id and a type of 1 to 255 printable ASCII characters, a time, a mode and facts.'
      USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_payments(ARRAY[told], ARRAY[customer]);
  PERFORM tollgate.lock_customer(customer);
  INSERT INTO tollgate.payment_events (event_id, type, happened_at, is_live, api_version, customer_id, facts)
  VALUES (told, receive_payment_event.type, receive_payment_event.happened_at, receive_payment_event.is_live,
    receive_payment_event.api_version, customer, receive_payment_event.facts)
  ON CONFLICT ON CONSTRAINT "an event counts once" DO NOTHING;
  -- Whoever has told it first, here or at another server, has committed by now.
  SELECT *
  INTO STRICT event
  FROM tollgate.payment_events AS known
  WHERE known.event_id = told
  FOR UPDATE;
  IF event.outcome = 'other_mode' THEN
    -- A secret of the other mode vouched for what is kept: what is told now is what counts.
    UPDATE tollgate.payment_events AS known
    SET type = receive_payment_event.type,
      happened_at = receive_payment_event.happened_at,
      is_live = receive_payment_event.is_live,
      api_version = receive_payment_event.api_version,
      customer_id = customer,
      facts = receive_payment_event.facts
    WHERE known.event_id = told
    RETURNING *
    INTO STRICT event;
  END IF;
  replayed := NOT tollgate.payment_waits(event.outcome);
  outcome := event.outcome;
  IF NOT replayed THEN
    PERFORM set_config('tollgate.actor', '{"kind": "payments", "id": "stripe"}', true);
    outcome :=
      CASE
        WHEN event.is_live <> receive_payment_event.expects_live THEN 'other_mode'
        ELSE tollgate.apply_payment_event(event)
      END;
    UPDATE tollgate.payment_events AS known
    SET outcome = receive_payment_event.outcome
    WHERE known.event_id = told;
    PERFORM set_config('tollgate.actor', actor, true);
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  PERFORM tollgate.admit_payments('{}', '{}');
  RETURN NEXT;
END
$$;
COMMENT ON FUNCTION tollgate.receive_payment_event(text, text, timestamptz, boolean, boolean, text, jsonb) IS
  'Counts an event of the payment provider once, and does what it says, in one transaction. Whoever calls has verified its signature, and expects live events or those of test mode by the secret that verified it. One row: what became of it, now or before (replayed). Raises TG400 for what is no event.';
REVOKE ALL ON FUNCTION tollgate.receive_payment_event(text, text, timestamptz, boolean, boolean, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.receive_payment_event(text, text, timestamptz, boolean, boolean, text, jsonb) TO tollgate_server;
