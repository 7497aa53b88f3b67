-- A balance at an instant is what its last movement until then left: the last of the uses, or the last of the other
-- movements. Ids lead to them (version 7: by time, to the minute), and the sequence decides among those of about the
-- same time. Uses are only looked for where the balance has moved since its last other movement, and between that one
-- and its last use.
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
-- Planned each time: the months behind the instant fall away.
SET plan_cache_mode = force_custom_plan
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  a_minute CONSTANT interval := interval '1 minute';
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

  RETURN QUERY
  SELECT balances_at.outcome, known.token_type, known.balance, known.reserved, known.balance - known.reserved
  FROM (
    SELECT
      token.token_type,
      coalesce(use.remaining_balance, entry.balance_after) AS balance,
      held.amount AS reserved
    FROM public.ai_tokens AS token
      LEFT JOIN LATERAL (
        SELECT movement.created_at
        FROM tollgate.ledger_entries AS movement
        WHERE movement.organization_id = balances_at.organization_id
          AND movement.token_type = token.token_type
          AND movement.kind <> 'refusal'
          AND movement.id < tollgate.first_id_at(balances_at.at + a_minute)
          AND movement.created_at <= balances_at.at
        ORDER BY movement.id DESC
        LIMIT 1
      ) AS nearest_entry ON true
      LEFT JOIN LATERAL (
        SELECT movement.sequence, movement.balance_after, movement.created_at
        FROM tollgate.ledger_entries AS movement
        WHERE movement.organization_id = balances_at.organization_id
          AND movement.token_type = token.token_type
          AND movement.kind <> 'refusal'
          AND movement.id >= tollgate.first_id_at(nearest_entry.created_at - a_minute)
          AND movement.id < tollgate.first_id_at(balances_at.at + a_minute)
          AND movement.created_at <= balances_at.at
        ORDER BY movement.sequence DESC
        LIMIT 1
      ) AS entry ON true
      LEFT JOIN LATERAL (
        SELECT movement.created_at
        FROM public.ai_token_usage_log AS movement
        WHERE movement.organization_id = balances_at.organization_id
          AND movement.token_type = token.token_type
          AND token.ledger_sequence > coalesce(entry.sequence, 0)
          AND movement.sequence > coalesce(entry.sequence, 0)
          AND movement.id >= tollgate.first_id_at(coalesce(entry.created_at - a_minute, 'epoch'))
          AND movement.id < tollgate.first_id_at(least(balances_at.at, token.last_used_at) + a_minute)
          AND movement.created_at <= balances_at.at
        ORDER BY movement.id DESC
        LIMIT 1
      ) AS nearest_use ON true
      LEFT JOIN LATERAL (
        SELECT movement.remaining_balance
        FROM public.ai_token_usage_log AS movement
        WHERE movement.organization_id = balances_at.organization_id
          AND movement.token_type = token.token_type
          AND movement.sequence > coalesce(entry.sequence, 0)
          AND movement.id >= tollgate.first_id_at(nearest_use.created_at - a_minute)
          AND movement.id < tollgate.first_id_at(least(balances_at.at, token.last_used_at) + a_minute)
          AND movement.created_at <= balances_at.at
        ORDER BY movement.sequence DESC
        LIMIT 1
      ) AS use ON true
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(reservation.amount), 0)::bigint AS amount
        FROM tollgate.reservations AS reservation
        WHERE reservation.organization_id = balances_at.organization_id
          AND reservation.token_type = token.token_type
          AND reservation.created_at <= balances_at.at
          AND reservation.expires_at > balances_at.at
          AND (reservation.status = 'open' OR reservation.finished_at > balances_at.at)
      ) AS held
    WHERE token.organization_id = balances_at.organization_id
  ) AS known
  WHERE known.balance IS NOT NULL
  ORDER BY known.token_type;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.balances_at(uuid, uuid, boolean, timestamptz) IS
  'The balances of an organization at a past instant, from its ledger: of the token types that had moved by then. Who may not read them, or asks about the future (in_the_future), gets one row with the outcome and NULLs.';
REVOKE ALL ON FUNCTION tollgate.balances_at(uuid, uuid, boolean, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.balances_at(uuid, uuid, boolean, timestamptz) TO tollgate_server, service_role;
