CREATE OR REPLACE FUNCTION tollgate.write_content_budget(settings tollgate.content_budgets) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- The smallest id that tollgate.time_ordered_id() could have made then.
  an_hour_ago CONSTANT uuid := rpad(
    lpad(to_hex(floor(extract(epoch FROM tollgate.moment() - interval '1 hour') * 1000)::bigint), 12, '0'), 32, '0')::uuid;
  standing record;
  state_level smallint;
BEGIN
  SELECT present.* INTO standing FROM tollgate.content_standing(settings) AS present;
  state_level := tollgate.state_level(standing.state);
  -- Who goes up and down around a threshold is told of once an hour.
  IF state_level > settings.announced AND NOT EXISTS (
    SELECT
    FROM tollgate.events AS told
    WHERE told.organization_id = settings.organization_id
      AND told.event_id >= an_hour_ago
      AND told.created_at > tollgate.moment() - interval '1 hour'
      AND told.kind = 'content_threshold_crossed'
      AND told.payload ->> 'state' = standing.state
  ) THEN
    PERFORM tollgate.write_event(settings.organization_id, 'content_threshold_crossed', NULL,
      jsonb_build_object('state', standing.state, 'used', standing.used, 'budget', standing.budget,
        'remaining', standing.remaining, 'percentUsed', standing.percent_used));
  END IF;
  UPDATE tollgate.content_budgets AS kept
  SET level = settings.level,
    budget_tokens = settings.budget_tokens,
    counter = settings.counter,
    deactivates_automatically = settings.deactivates_automatically,
    active_tokens = settings.active_tokens,
    attribute_count = settings.attribute_count,
    last_number = settings.last_number,
    stored_bytes = settings.stored_bytes,
    announced = state_level,
    updated_at = tollgate.moment()
  WHERE kept.organization_id = settings.organization_id;
END
$$;
COMMENT ON FUNCTION tollgate.write_content_budget(tollgate.content_budgets) IS
  'Writes a content budget''s row, which the caller has locked, and an event where its state is worse than it was: one for each crossing, whatever thresholds lie between, but none of a state that the last hour has one of.';
REVOKE ALL ON FUNCTION tollgate.write_content_budget(tollgate.content_budgets) FROM PUBLIC;
