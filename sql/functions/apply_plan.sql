CREATE OR REPLACE FUNCTION tollgate.apply_plan(organization_id uuid, plan text, at_once boolean)
RETURNS TABLE (
  token_type text,
  effective_at timestamptz,
  balance_before bigint,
  balance_after bigint,
  allocated_before bigint,
  allocated_after bigint
)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  tenant CONSTANT uuid := organization_id;
  wanted CONSTANT text := plan;
  at CONSTANT timestamptz := tollgate.moment();
  earlier tollgate.ledger_entries[];
  types text[];
  organization public.organizations;
  plan_before text;
  before public.ai_tokens[];
  reset_at timestamptz;
  waits boolean := false;
  news jsonb;
BEGIN
  -- One change of plan at a time. What it did before is read while nobody waits for the balances yet.
  PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('plan'::text, tenant), 0));
  SELECT array_agg(entry)
  INTO earlier
  FROM tollgate.ledger_entries AS entry
  WHERE entry.organization_id = tenant
    AND entry.kind IN ('allocation', 'adjustment')
    AND entry.reason IN ('plan_upgrade', 'plan_downgrade');

  -- Balances in key order, as everywhere, and then the organization.
  SELECT array_agg(token.token_type)
  INTO types
  FROM (
    SELECT locked.token_type
    FROM public.ai_tokens AS locked
    WHERE locked.organization_id = tenant
    ORDER BY locked.organization_id, locked.token_type
    FOR NO KEY UPDATE
  ) AS token;
  SELECT *
  INTO organization
  FROM public.organizations AS known
  WHERE known.id = tenant
  FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  IF organization.next_plan_from <= at THEN
    UPDATE public.organizations AS changed
    SET plan = organization.next_plan,
      next_plan = NULL,
      next_plan_from = NULL,
      updated_at = now()
    WHERE changed.id = tenant
    RETURNING * INTO organization;
  END IF;
  plan_before := organization.plan;
  PERFORM tollgate.grant_missing_balances(ARRAY[tenant]);
  IF types IS NOT NULL THEN
    PERFORM tollgate.bring_up_to_date(array_fill(tenant, ARRAY[cardinality(types)]), types);
  END IF;
  SELECT array_agg(token), min(token.refresh_date)
  INTO before, reset_at
  FROM public.ai_tokens AS token
  WHERE token.organization_id = tenant;

  IF wanted = plan_before THEN
    IF organization.next_plan IS NOT NULL THEN
      news := jsonb_build_object('takenBack', organization.next_plan, 'effectiveAt', at);
    END IF;
    reset_at := NULL;
  ELSE
    SELECT NOT coalesce(at_once, NOT difference.has_less)
    INTO waits
    FROM tollgate.plan_difference(plan_before, wanted) AS difference;
    IF NOT waits THEN
      PERFORM tollgate.move_balances_to_plan(tenant, plan_before, wanted, earlier);
      -- A cut may cross a threshold, as spending may.
      PERFORM tollgate.write_balances(array_agg(tollgate.announce(token)))
      FROM public.ai_tokens AS token
        JOIN unnest(before) AS was ON was.token_type = token.token_type
      WHERE token.organization_id = tenant AND token.balance < was.balance;
    END IF;
    -- Where no balance is ever reset there is nothing to wait for.
    IF NOT waits OR reset_at IS NULL THEN
      waits := false;
      reset_at := NULL;
      news := jsonb_build_object('effectiveAt', at);
    ELSIF organization.next_plan = wanted THEN
      reset_at := organization.next_plan_from;
    ELSE
      news := jsonb_build_object('effectiveAt', reset_at);
    END IF;
  END IF;

  IF news IS NOT NULL THEN
    UPDATE public.organizations AS changed
    SET plan = CASE WHEN waits THEN plan_before ELSE wanted END,
      next_plan = CASE WHEN waits THEN wanted END,
      next_plan_from = CASE WHEN waits THEN reset_at END,
      updated_at = now()
    WHERE changed.id = tenant;
    PERFORM tollgate.grant_missing_balances(ARRAY[tenant]);
    PERFORM tollgate.write_event(tenant, 'plan_changed', NULL,
      jsonb_build_object('plan', wanted, 'from', plan_before) || news, at);
  END IF;

  RETURN QUERY
  SELECT
    allocated.token_type,
    CASE
      WHEN NOT waits THEN at
      WHEN token.token_type IS NULL THEN reset_at
      ELSE token.refresh_date
    END,
    coalesce(was.balance, 0),
    coalesce(token.balance, 0),
    coalesce(was.total_allocated, 0),
    CASE
      WHEN waits AND (token.token_type IS NULL OR token.refresh_date IS NOT NULL) THEN allocated.tokens
      ELSE coalesce(token.total_allocated, 0)
    END
  FROM (
    SELECT allocation.token_type, coalesce(max(allocation.tokens) FILTER (WHERE allocation.plan = wanted), 0) AS tokens
    FROM tollgate.plan_allocations AS allocation
    WHERE allocation.plan IN (plan_before, wanted)
    GROUP BY allocation.token_type
  ) AS allocated
    LEFT JOIN unnest(before) AS was ON was.token_type = allocated.token_type
    LEFT JOIN public.ai_tokens AS token
      ON token.organization_id = tenant AND token.token_type = allocated.token_type
  ORDER BY allocated.token_type;
END
$$;
COMMENT ON FUNCTION tollgate.apply_plan(uuid, text, boolean) IS
  'Does what tollgate.change_plan describes. The caller has admitted itself to the organization, and the plan exists. Raises TG404 for an unknown organization.';
REVOKE ALL ON FUNCTION tollgate.apply_plan(uuid, text, boolean) FROM PUBLIC;
