CREATE OR REPLACE FUNCTION tollgate.announce(INOUT token public.ai_tokens)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  available CONSTANT bigint := token.balance - token.reserved;
  state CONSTANT text := (
    SELECT tollgate.balance_state(available, token.total_allocated, kind)
    FROM tollgate.token_types AS kind
    WHERE kind.token_type = token.token_type
  );
  request tollgate.auto_top_ups;
BEGIN
  -- Each level once a period, and the period's first state not at all.
  IF tollgate.state_level(state) > token.announced THEN
    token.announced := tollgate.state_level(state);
    PERFORM tollgate.write_event(token.organization_id, 'threshold_crossed', token.token_type,
      jsonb_build_object('tokenType', token.token_type, 'state', state, 'available', available,
        'allocated', token.total_allocated, 'sequence', token.ledger_sequence, 'periodEnd', token.refresh_date));
  END IF;

  IF available < token.request_below THEN
    token.request_below := NULL;
    UPDATE tollgate.auto_top_ups AS configured
    SET requested_count = configured.requested_count + 1,
      requested_at = tollgate.moment()
    WHERE configured.organization_id = token.organization_id
      AND configured.token_type = token.token_type
      AND configured.requested_count < configured.period_maximum
    RETURNING * INTO request;
    IF request.amount IS NOT NULL THEN
      PERFORM tollgate.write_event(token.organization_id, 'top_up_requested', token.token_type,
        jsonb_build_object('tokenType', token.token_type, 'amount', request.amount, 'available', available));
      IF request.requested_count < request.period_maximum THEN
        token.due_at := least(token.due_at, tollgate.moment() + make_interval(secs => request.cool_off_seconds));
      END IF;
    END IF;
  END IF;
END
$$;
COMMENT ON FUNCTION tollgate.announce(public.ai_tokens) IS
  'Writes the events that a balance''s new state calls for: a threshold crossed, an automatic top-up asked for. The caller has locked the balance and writes the row it gets.';
REVOKE ALL ON FUNCTION tollgate.announce(public.ai_tokens) FROM PUBLIC;
