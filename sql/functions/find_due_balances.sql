-- Runs as tollgate_sweeper, whose policies admit it to what is due, of every organization, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_sweeper;
SET LOCAL ROLE tollgate_sweeper;
CREATE OR REPLACE FUNCTION tollgate.find_due_balances(
  batch_limit integer,
  everywhere boolean,
  OUT organization_ids uuid[],
  OUT token_types text[],
  OUT replanned_ids uuid[]
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  due_by CONSTANT timestamptz := tollgate.moment();
BEGIN
  -- Some of the oldest and not the oldest: sweepers at the same time take different ones, and one that cannot be
  -- brought up to date is not in everybody's way.
  SELECT array_agg(due.organization_id), array_agg(due.token_type)
  INTO organization_ids, token_types
  FROM (
    SELECT found.organization_id, found.token_type
    FROM (
      (
        -- A bucket is always due (-infinity), and brought up to date when somebody looks.
        SELECT token.organization_id, token.token_type
        FROM public.ai_tokens AS token
        WHERE least(token.refresh_date, token.due_at) <= due_by AND token.due_at IS DISTINCT FROM '-infinity'
        ORDER BY least(token.refresh_date, token.due_at)
        LIMIT batch_limit * 8
      )
      UNION
      (
        SELECT held.organization_id, held.token_type
        FROM tollgate.reservations AS held
        WHERE held.status = 'open' AND held.expires_at <= due_by
        LIMIT batch_limit * 8
      )
      UNION
      (
        SELECT token.organization_id, token.token_type
        FROM public.ai_tokens AS token
        WHERE everywhere AND token.balance <> token.ledger_balance
        LIMIT batch_limit * 8
      )
    ) AS found
    ORDER BY random()
    LIMIT batch_limit
  ) AS due;

  SELECT array_agg(due.id)
  INTO replanned_ids
  FROM (
    SELECT organization.id
    FROM public.organizations AS organization
    WHERE organization.next_plan_from <= due_by
    ORDER BY organization.next_plan_from
    LIMIT batch_limit
  ) AS due;
END
$$;
COMMENT ON FUNCTION tollgate.find_due_balances(integer, boolean) IS
  'The keys of balances, of any organizations, that have something due; with everywhere also of those changed by hand, which reads them all. And organizations whose next plan has come.';
REVOKE ALL ON FUNCTION tollgate.find_due_balances(integer, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.find_due_balances(integer, boolean) TO tollgate_owner;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_sweeper;
