public import JSON
public import Tokens

extension AlertDetails {
  /// Writes the members of a rule.
  public func write(to writer: inout JSONWriter) {
    writer.member("alertId", id)
    writer.member("organizationId", rule.organizationID)
    writer.member("tokenType", rule.tokenType)
    writer.member("condition", rule.condition.rawValue)
    writer.member("threshold", rule.threshold)
    writer.member("email", rule.email.map(\.text))
    writer.member("active", rule.isActive)
    writer.member("createdAt", timestamp: createdAtMicroseconds)
    writer.member("updatedAt", timestamp: updatedAtMicroseconds)
  }
}

extension AlertEvent {
  /// Writes the members of an event.
  func write(to writer: inout JSONWriter) {
    writer.member("eventId", id)
    writer.member("type", type)
    writer.member("alertId", alertID)
    writer.member("organizationId", organizationID)
    writer.member("organizationName", organizationName)
    writer.member("tokenType", tokenType)
    writer.member("state", state.rawValue)
    writer.member("level", level)
    writer.member("condition", condition)
    writer.member("value", value)
    writer.member("threshold", threshold)
    writer.member("createdAt", timestamp: createdAtMicroseconds)
  }
}

extension Webhook {
  /// Writes the members of a webhook: all but its secret.
  public func write(to writer: inout JSONWriter) {
    writer.member("webhookId", id)
    writer.member("organizationId", organizationID)
    writer.member("organizationName", organizationName)
    writer.member("url", url)
    writer.member("events", events)
    writer.member("active", isActive)
    writer.member("disabledReason", disabledReason)
    writer.member("failing", failingSinceMicroseconds != nil)
    writer.member("failures", failureCount)
    writer.member("failingSince", timestamp: failingSinceMicroseconds)
    writer.member("lastDeliveryAt", timestamp: lastDeliveryAtMicroseconds)
    writer.member("previousSecretEndsAt", timestamp: previousSecretEndsAtMicroseconds)
    writer.member("createdAt", timestamp: createdAtMicroseconds)
    writer.member("updatedAt", timestamp: updatedAtMicroseconds)
  }
}

extension Delivery {
  /// Writes the members of a delivery.
  public func write(to writer: inout JSONWriter) {
    writer.member("deliveryId", id)
    writer.member("eventId", eventID)
    writer.member("type", type)
    writer.member("status", status.rawValue)
    writer.member("attempts", attempts)
    writer.member("lastStatus", lastStatus)
    writer.member("lastError", lastError)
    writer.member("nextAttemptAt", timestamp: nextAttemptAtMicroseconds)
    writer.member("createdAt", timestamp: createdAtMicroseconds)
    writer.member("finishedAt", timestamp: finishedAtMicroseconds)
    writer.member("history", raw: Array(history.utf8))
  }
}

extension JSONWriter {
  fileprivate mutating func member(_ name: StaticString, _ texts: [String]) {
    self.name(name)
    beginArray()
    for text in texts { string(text) }
    endArray()
  }
}
