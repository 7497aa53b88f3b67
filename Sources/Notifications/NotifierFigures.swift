import Metrics
import Tokens

/// What a server has done for alerts since it began.
struct NotifierFigures: Sendable {
  var alertCount = 0
  var eventCount = 0
  /// Rounds and notes that PostgreSQL gave no answer to.
  var failureCount = 0
  private var delivered = 0
  private var failed = 0
  var deadCount = 0

  mutating func count(_ outcome: DeliveryOutcome) {
    if outcome.isDelivered {
      delivered += 1
    } else if outcome.retryMilliseconds == nil {
      deadCount += 1
    } else {
      failed += 1
    }
  }

  func write(to text: inout MetricsText) {
    text.metric("tollgate_alerts_total", .counter, "Alerts that were raised or have recovered.", alertCount)
    text.metric("tollgate_events_dispatched_total", .counter, "Events whose receivers were looked for.", eventCount)
    text.metric(
      "tollgate_notification_failures_total", .counter, "Rounds of notifications that the database gave no answer to.",
      failureCount)
    text.begin("tollgate_delivery_attempts_total", .counter, "Attempts to deliver an event, by what became of them.")
    text.sample("tollgate_delivery_attempts_total", [("outcome", "delivered")], delivered)
    text.sample("tollgate_delivery_attempts_total", [("outcome", "failed")], failed)
    text.sample("tollgate_delivery_attempts_total", [("outcome", "dead")], deadCount)
  }
}
