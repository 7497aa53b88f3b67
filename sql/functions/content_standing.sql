CREATE OR REPLACE FUNCTION tollgate.content_standing(settings tollgate.content_budgets) RETURNS TABLE (
  level integer,
  level_title text,
  budget_tokens bigint,
  budget bigint,
  used bigint,
  remaining bigint,
  percent_used bigint,
  state text,
  deactivates_automatically boolean,
  counter text
)
LANGUAGE sql STABLE
AS $$
  SELECT
    settings.level,
    (SELECT known.title FROM tollgate.content_levels AS known WHERE known.level = settings.level),
    settings.budget_tokens,
    present.budget,
    present.used,
    greatest(0, present.budget - present.used),
    tollgate.content_percent(present.used, present.budget),
    tollgate.content_state(present.used, present.budget),
    coalesce(settings.deactivates_automatically, false),
    coalesce(settings.counter, 'utf16_quarter')
  FROM (
    SELECT tollgate.content_budget_tokens(settings.level, settings.budget_tokens) AS budget,
      coalesce(settings.active_tokens, 0) AS used
  ) AS present
$$;
COMMENT ON FUNCTION tollgate.content_standing(tollgate.content_budgets) IS
  'How full a content budget is, in tokens. An organization without a row (NULL) has what holds when nothing is set.';
REVOKE ALL ON FUNCTION tollgate.content_standing(tollgate.content_budgets) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.content_standing(tollgate.content_budgets) TO authenticated, service_role, tollgate_reporter;
