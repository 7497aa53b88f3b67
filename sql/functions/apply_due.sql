CREATE OR REPLACE FUNCTION tollgate.apply_due(INOUT token public.ai_tokens)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  due record;
  held tollgate.reservations;
BEGIN
  SELECT * INTO due FROM tollgate.due_movements(token, tollgate.moment());
  INSERT INTO tollgate.ledger_entries
  SELECT entry.*
  FROM unnest(due.entries) AS entry;
  PERFORM tollgate.write_pack_uses(due.pack_uses);
  FOREACH held IN ARRAY due.expired_reservations LOOP
    UPDATE tollgate.reservations AS expired
    SET status = CASE WHEN held.expires_at > tollgate.moment() THEN 'released' ELSE 'expired' END,
      finished_at = tollgate.moment()
    WHERE expired.organization_id = held.organization_id AND expired.reservation_id = held.reservation_id;
    PERFORM tollgate.give_back_limits(held.organization_id, held.user_id, held.feature_used, held.token_type,
      held.amount, held.created_at);
  END LOOP;
  IF due.began_period THEN
    UPDATE tollgate.auto_top_ups AS configured
    SET requested_count = 0
    WHERE configured.organization_id = token.organization_id AND configured.token_type = token.token_type;
  END IF;
  token := due.current;
  -- Only a movement announces: that a top-up may be asked for again waits for the next.
  IF cardinality(due.entries) > 0 THEN
    token := tollgate.announce(token);
  END IF;
END
$$;
COMMENT ON FUNCTION tollgate.apply_due(public.ai_tokens) IS
  'Books what is due to a balance whose row the caller has locked, and returns the row as it then has to be written.';
REVOKE ALL ON FUNCTION tollgate.apply_due(public.ai_tokens) FROM PUBLIC;
