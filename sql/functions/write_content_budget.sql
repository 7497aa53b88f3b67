CREATE OR REPLACE FUNCTION tollgate.write_content_budget(settings tollgate.content_budgets) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  standing record;
  state_level smallint;
BEGIN
  SELECT present.* INTO standing FROM tollgate.content_standing(settings) AS present;
  state_level := tollgate.state_level(standing.state);
  IF state_level > settings.announced THEN
    INSERT INTO tollgate.events (organization_id, event_id, kind, payload, created_at)
    VALUES (settings.organization_id, tollgate.time_ordered_id(), 'content_threshold_crossed',
      jsonb_build_object('state', standing.state, 'used', standing.used, 'budget', standing.budget,
        'remaining', standing.remaining, 'percentUsed', standing.percent_used),
      tollgate.moment());
  END IF;
  UPDATE tollgate.content_budgets AS kept
  SET level = settings.level,
    budget_tokens = settings.budget_tokens,
    counter = settings.counter,
    deactivates_automatically = settings.deactivates_automatically,
    active_tokens = settings.active_tokens,
    attribute_count = settings.attribute_count,
    last_number = settings.last_number,
    announced = state_level,
    updated_at = tollgate.moment()
  WHERE kept.organization_id = settings.organization_id;
END
$$;
COMMENT ON FUNCTION tollgate.write_content_budget(tollgate.content_budgets) IS
  'Writes a content budget''s row, which the caller has locked, and an event where its state is worse than it was: one for each crossing, whatever thresholds lie between.';
REVOKE ALL ON FUNCTION tollgate.write_content_budget(tollgate.content_budgets) FROM PUBLIC;
