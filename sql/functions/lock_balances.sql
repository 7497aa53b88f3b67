CREATE OR REPLACE FUNCTION tollgate.lock_balances(
  organization_ids uuid[],
  token_types text[],
  slots integer[],
  counts_in_limits boolean
) RETURNS public.ai_tokens[]
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  tokens public.ai_tokens[];
  token public.ai_tokens;
  due_slots integer[] := '{}'::integer[];
  locks_limits boolean := counts_in_limits;
  found record;
BEGIN
  -- Every transaction locks in key order, which is what keeps several servers from deadlocking.
  FOR found IN
    SELECT named.slot, locked AS token
    FROM (
      SELECT DISTINCT organization_id, token_type, slot
      FROM unnest(organization_ids, token_types, slots) AS named (organization_id, token_type, slot)
      WHERE slot IS NOT NULL
    ) AS named
      JOIN public.ai_tokens AS locked USING (organization_id, token_type)
    ORDER BY locked.organization_id, locked.token_type
    FOR NO KEY UPDATE OF locked
  LOOP
    token := found.token;
    -- Written by hand it may be more than there is.
    token.purchased := greatest(0, least(token.purchased, token.balance));
    tokens[found.slot] := token;
    IF token.balance <> token.ledger_balance OR token.refresh_date <= tollgate.moment()
      OR token.due_at <= tollgate.moment()
    THEN
      due_slots := due_slots || found.slot;
      locks_limits := locks_limits OR token.reserved > 0;
    END IF;
  END LOOP;
  -- First all balances, then all limits: what expires gives back what limits have counted.
  IF locks_limits THEN
    PERFORM tollgate.lock_limits(organization_ids);
  END IF;
  FOR number IN 1..cardinality(due_slots) LOOP
    tokens[due_slots[number]] := tollgate.apply_due(tokens[due_slots[number]]);
  END LOOP;
  RETURN tokens;
END
$$;
COMMENT ON FUNCTION tollgate.lock_balances(uuid[], text[], integer[], boolean) IS
  'Locks the balances that items of a batch name, and the limits where the batch or what is due counts in them, and books what is due. Returns each at its slot, as it then has to be written.';
REVOKE ALL ON FUNCTION tollgate.lock_balances(uuid[], text[], integer[], boolean) FROM PUBLIC;
