CREATE OR REPLACE FUNCTION tollgate.set_content_budget(
  organization_id uuid,
  new_level integer DEFAULT NULL,
  new_budget_tokens bigint DEFAULT NULL,
  deactivates boolean DEFAULT NULL,
  new_counter text DEFAULT NULL
) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  tenant CONSTANT uuid := organization_id;
  settings tollgate.content_budgets;
  done record;
BEGIN
  IF new_budget_tokens NOT BETWEEN 1 AND 1000000000000000 THEN
    RAISE EXCEPTION 'A content budget has 1 to 10^15 tokens.' USING ERRCODE = 'TG400';
  END IF;
  -- Shared: what a level comes to while its tokens change is known when that is done.
  PERFORM
  FROM tollgate.content_levels AS known
  WHERE known.level = new_level
  FOR SHARE;
  IF NOT FOUND AND new_level <> 0 THEN
    RAISE EXCEPTION 'There is no such content level.' USING ERRCODE = 'TG400', HINT = 'See tollgate.content_levels.';
  END IF;
  IF new_counter IS NOT NULL
    AND NOT EXISTS (SELECT FROM tollgate.token_counters AS known WHERE known.counter = new_counter)
  THEN
    RAISE EXCEPTION 'There is no such counter.' USING ERRCODE = 'TG400', HINT = 'See tollgate.token_counters.';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  IF NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = tenant) THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;

  settings := tollgate.lock_content_budget(tenant);
  IF new_level IS NOT NULL THEN
    settings.level := nullif(new_level, 0);
    settings.budget_tokens := NULL;
  END IF;
  settings.budget_tokens := coalesce(new_budget_tokens, settings.budget_tokens);
  settings.deactivates_automatically := coalesce(deactivates, settings.deactivates_automatically);
  IF new_counter IS NOT NULL THEN
    settings.counter := new_counter;
    settings := tollgate.recount_content(settings);
  END IF;
  done := tollgate.deactivate_to_fit(settings);
  settings.active_tokens := done.active_tokens;
  PERFORM tollgate.write_content_budget(settings);
  PERFORM tollgate.admit_organizations('{}');
  RETURN done.deactivated;
END
$$;
COMMENT ON FUNCTION tollgate.set_content_budget(uuid, integer, bigint, boolean, text) IS
  'Changes what is given of an organization''s content budget. new_level: of tollgate.content_levels, or 0 for none; it takes an override away. new_budget_tokens: tokens instead of the level''s. new_counter: counts everything anew, also where it is the present one. What is then more than the budget is deactivated, least used first, where that is configured, and otherwise stays. Returns what was deactivated as [{"id", "tokens"}]. Raises TG400 for an unknown level or counter or tokens out of range, TG404 for an unknown organization.';
REVOKE ALL ON FUNCTION tollgate.set_content_budget(uuid, integer, bigint, boolean, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.set_content_budget(uuid, integer, bigint, boolean, text) TO service_role, tollgate_server;
