extension PlantedViolation {
  private static let first = "'00000000-0000-4000-8000-000000000001'"

  /// What is on its way to nobody, for ever, or twice; and alerts that were not raised and recovered in turn.
  static let alerts = [
    PlantedViolation(
      "18_credentials_are_sealed", "a webhook's secret itself is kept",
      """
      ALTER TABLE tollgate.webhooks DROP CONSTRAINT "a webhook's secret is sealed";
      UPDATE tollgate.webhooks SET secret = 'whsec_…'
      """),
    PlantedViolation(
      "18_credentials_are_sealed", "a webhook was copied with its secret",
      """
      INSERT INTO tollgate.webhooks (organization_id, webhook_id, url, secret)
      SELECT organization_id, gen_random_uuid(), url, secret FROM tollgate.webhooks
      """),
    PlantedViolation(
      "18_credentials_are_sealed", "the service role may read webhooks' secrets",
      "GRANT SELECT (previous_secret) ON tollgate.webhooks TO service_role"),
    PlantedViolation(
      "25_alerts_reach_their_receivers", "an alert is raised once more",
      """
      INSERT INTO tollgate.events (organization_id, event_id, kind, token_type, payload)
      SELECT organization_id, tollgate.time_ordered_id(), kind, token_type, payload
      FROM tollgate.events
      WHERE kind = 'alert_raised'
      """),
    PlantedViolation(
      "25_alerts_reach_their_receivers", "an alert recovers that was never raised",
      """
      INSERT INTO tollgate.events (organization_id, event_id, kind, token_type, payload)
      SELECT organization_id, tollgate.time_ordered_id(), 'alert_recovered', 'forecast', payload
      FROM tollgate.events
      WHERE kind = 'alert_raised'
      """),
    PlantedViolation(
      "25_alerts_reach_their_receivers", "an alert is raised without an event",
      "UPDATE tollgate.alert_states SET token_type = 'forecast'"),
    PlantedViolation(
      "25_alerts_reach_their_receivers", "an alert is forgotten while it is raised", "DELETE FROM tollgate.alert_states"
    ),
    PlantedViolation(
      "25_alerts_reach_their_receivers", "nobody looks for an event's receivers",
      """
      INSERT INTO tollgate.event_queue (organization_id, event_id, queued_at)
      SELECT organization_id, event_id, now() - interval '2 days' FROM tollgate.events WHERE kind = 'alert_raised'
      """),
    PlantedViolation(
      "25_alerts_reach_their_receivers", "a delivery's event does not exist",
      "UPDATE tollgate.deliveries SET event_id = gen_random_uuid()"),
    PlantedViolation(
      "25_alerts_reach_their_receivers", "an organization is told of another's event",
      """
      INSERT INTO tollgate.deliveries (organization_id, delivery_id, channel, receiver_id, event_organization_id, event_id,
        status, finished_at)
      SELECT '00000000-0000-4000-8000-000000000002', gen_random_uuid(), channel, receiver_id, event_organization_id, event_id,
        'dead', now()
      FROM tollgate.deliveries
      """),
    PlantedViolation(
      "25_alerts_reach_their_receivers", "a delivery is pending for ever",
      "UPDATE tollgate.deliveries SET pending_since = now() - interval '15 days'"),
    PlantedViolation(
      "25_alerts_reach_their_receivers", "a delivery waits for a webhook that is inactive",
      "UPDATE tollgate.webhooks SET active = false"),
    PlantedViolation(
      "25_alerts_reach_their_receivers", "a delivery waits for a webhook that was deleted",
      "DELETE FROM tollgate.webhooks"),
    PlantedViolation(
      "25_alerts_reach_their_receivers", "a receiver is told twice",
      """
      INSERT INTO tollgate.deliveries (organization_id, delivery_id, channel, receiver_id, event_organization_id, event_id,
        status, finished_at)
      SELECT organization_id, gen_random_uuid(), channel, receiver_id, event_organization_id, event_id, 'dead', now()
      FROM tollgate.deliveries
      """),
    PlantedViolation(
      "25_alerts_reach_their_receivers", "a function writes events that nobody is told of",
      """
      CREATE FUNCTION tollgate.whisper() RETURNS void LANGUAGE sql AS $$
        INSERT INTO tollgate.events (organization_id, event_id, kind, payload)
        VALUES (gen_random_uuid(), gen_random_uuid(), 'content_reset', '{}')
      $$;
      ALTER FUNCTION tollgate.whisper() OWNER TO tollgate_owner;
      REVOKE ALL ON FUNCTION tollgate.whisper() FROM PUBLIC
      """),
  ]

  /// The first organization's alert about goals is raised, and on its way to its webhook.
  static let raisedAlert = """
    SELECT tollgate.set_alert(NULL, \(first), 'goal_generation', 'available_below', 10, '{}', true);
    SELECT tollgate.dispatch_events(1000, false);
    SELECT tollgate.create_webhook('00000000-0000-4000-8000-0000000000c1', \(first), 'https://a.example/', '{}', \(sealed));
    SELECT tollgate.evaluate_alerts();
    SELECT tollgate.dispatch_events(1000, false);
    """
}
