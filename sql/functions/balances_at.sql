-- A balance at an instant is what its last movement until then left: the last of the uses, or the last of the other
-- movements. Ids lead to them (version 7: by time, to the minute), and the sequence decides among those of about the
-- same time. Uses are only looked for where the balance has moved since its last other movement, and between that one
-- and its last use.
--
-- Bounds of ids are worked out beforehand: below row-level security, an index takes no function of ours.
CREATE OR REPLACE FUNCTION tollgate.balances_at(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  at timestamptz
) RETURNS TABLE (
  outcome text,
  token_type text,
  balance bigint,
  reserved bigint,
  available bigint
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  a_minute CONSTANT interval := interval '1 minute';
  token record;
  last_sequence bigint;
  nearest timestamptz;
  first_id uuid;
  end_id uuid;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[balances_at.organization_id]);
  outcome := tollgate.may_read(balances_at.organization_id, balances_at.user_id, balances_at.membership_required);
  IF outcome = 'success' AND (balances_at.at <= tollgate.moment()) IS NOT TRUE THEN
    outcome := 'in_the_future';
  END IF;
  IF outcome <> 'success' THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN NEXT;
    RETURN;
  END IF;

  FOR token IN
    SELECT kept.token_type, kept.ledger_sequence, kept.last_used_at
    FROM public.ai_tokens AS kept
    WHERE kept.organization_id = balances_at.organization_id
    ORDER BY kept.token_type
  LOOP
    balance := NULL;
    last_sequence := 0;
    end_id := tollgate.first_id_at(balances_at.at + a_minute);
    SELECT movement.created_at
    INTO nearest
    FROM tollgate.ledger_entries AS movement
    WHERE movement.organization_id = balances_at.organization_id
      AND movement.token_type = token.token_type
      AND movement.kind <> 'refusal'
      AND movement.id < end_id
      AND movement.created_at <= balances_at.at
    ORDER BY movement.id DESC
    LIMIT 1;
    first_id := tollgate.first_id_at(coalesce(nearest - a_minute, 'epoch'));
    IF nearest IS NOT NULL THEN
      SELECT movement.sequence, movement.balance_after
      INTO last_sequence, balance
      FROM tollgate.ledger_entries AS movement
      WHERE movement.organization_id = balances_at.organization_id
        AND movement.token_type = token.token_type
        AND movement.kind <> 'refusal'
        AND movement.id >= first_id
        AND movement.id < end_id
        AND movement.created_at <= balances_at.at
      ORDER BY movement.sequence DESC
      LIMIT 1;
    END IF;

    IF token.ledger_sequence > last_sequence AND token.last_used_at IS NOT NULL THEN
      end_id := tollgate.first_id_at(least(balances_at.at, token.last_used_at) + a_minute);
      SELECT movement.created_at
      INTO nearest
      FROM public.ai_token_usage_log AS movement
      WHERE movement.organization_id = balances_at.organization_id
        AND movement.token_type = token.token_type
        AND movement.id >= first_id
        AND movement.id < end_id
        AND movement.created_at <= balances_at.at
        AND movement.sequence > last_sequence
      ORDER BY movement.id DESC
      LIMIT 1;
      IF FOUND THEN
        first_id := tollgate.first_id_at(nearest - a_minute);
        SELECT movement.remaining_balance
        INTO balance
        FROM public.ai_token_usage_log AS movement
        WHERE movement.organization_id = balances_at.organization_id
          AND movement.token_type = token.token_type
          AND movement.id >= first_id
          AND movement.id < end_id
          AND movement.created_at <= balances_at.at
          AND movement.sequence > last_sequence
        ORDER BY movement.sequence DESC
        LIMIT 1;
      END IF;
    END IF;
    CONTINUE WHEN balance IS NULL;

    SELECT coalesce(sum(reservation.amount), 0)::bigint
    INTO reserved
    FROM tollgate.reservations AS reservation
    WHERE reservation.organization_id = balances_at.organization_id
      AND reservation.token_type = token.token_type
      AND reservation.created_at <= balances_at.at
      AND reservation.expires_at > balances_at.at
      AND (reservation.status = 'open' OR reservation.finished_at > balances_at.at);
    token_type := token.token_type;
    available := balance - reserved;
    RETURN NEXT;
  END LOOP;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.balances_at(uuid, uuid, boolean, timestamptz) IS
  'The balances of an organization at a past instant, from its ledger: of the token types that had moved by then. Who may not read them, or asks about the future (in_the_future), gets one row with the outcome and NULLs.';
REVOKE ALL ON FUNCTION tollgate.balances_at(uuid, uuid, boolean, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.balances_at(uuid, uuid, boolean, timestamptz) TO tollgate_server, service_role;
