import HTTP
import JSON
import Tokens

extension ContentUsage {
  /// The members of `GET /api/token-usage`. `warning` is there when there is something to warn of.
  func write(to writer: inout JSONWriter) {
    writer.member("used", used)
    writer.member("budget", budget)
    writer.member("remaining", remaining)
    writer.member("percentUsed", percentUsed)
    writer.member("level", level)
    writer.member("levelName", levelTitle)
    writer.member("state", state.rawValue)
    writer.member("message", message)
    if let warning { writer.member("warning", warning) }
    writer.member("largest", json: largest)
    writer.member("deactivate", json: deactivate)
  }
}

extension ContentDecision {
  /// The members of a decision, also of one that is a problem.
  func write(to writer: inout JSONWriter) {
    writer.member("fits", fits)
    writer.member("used", used)
    writer.member("usedAfter", usedAfter)
    writer.member("budget", budget)
    writer.member("tokens", tokens)
    writer.member("message", message)
    writer.member("deactivate", json: deactivate)
  }

  /// The decision alone.
  var response: Response { .json(isReplay: isReplay) { write(to: &$0) } }

  /// The same about one attribute, and whether it is active now.
  func response(about id: ContentAttributeID) -> Response {
    .json { writer in
      writer.member("id", id)
      writer.member("active", isActive)
      write(to: &writer)
    }
  }
}

extension ContentDetails {
  func write(to writer: inout JSONWriter) {
    writer.member("id", id)
    writer.member("instructions", draft.instructions)
    writer.member("examples", json: draft.examples)
    writer.member("signals", json: draft.signals)
    writer.member("active", draft.isActive)
    writer.member("tokens", tokens)
    writer.member("uses", uses)
    writer.member("lastUsedAt", timestamp: lastUsedAtMicroseconds)
    writer.member("createdAt", timestamp: createdAtMicroseconds)
    writer.member("updatedAt", timestamp: updatedAtMicroseconds)
  }
}

extension Problem {
  /// What is not done to an organization's content.
  init(_ refusal: ContentRefusal, spender: Spender) {
    switch refusal {
    case .budgetExceeded(let decision):
      self.init(.budgetExceeded, decision.message)
      content = decision
    case .forbidden, .notPermitted: self = .forbidden
    case .unknownOrganization: self = spender.needsMembership ? .forbidden : .notFound
    case .unknownAttribute: self = .notFound
    case .tooManyAttributes:
      self.init(.tooManyAttributes, "An organization has at most 10000 attributes, with 16 MiB of texts.")
    case .idempotencyKeyReused:
      self.init(.idempotencyKeyReused, "This idempotency key was used for another request.")
    }
  }
}

extension Response {
  /// A page of a list.
  static func list<Element>(
    _ elements: some Sequence<Element>, nextCursor: String?, _ write: (Element, inout JSONWriter) -> Void
  ) -> Response {
    .json { writer in
      writer.name("data")
      writer.beginArray()
      for element in elements {
        writer.beginObject()
        write(element, &writer)
        writer.endObject()
      }
      writer.endArray()
      writer.member("nextCursor", nextCursor)
    }
  }
}
