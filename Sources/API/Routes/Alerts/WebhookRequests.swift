internal import Foundation
import HTTP
import JSON
import Tokens

/// The body of `POST /api/v1/admin/webhooks`.
struct NewWebhook {
  let organizationID: OrganizationID?
  let url: String
  let events: [String]

  /// - Throws: 400 for what cannot be understood, 404 for an organization that cannot be.
  init(_ request: Request) throws(Problem) {
    var body = try RequestBody.object(of: request)
    do throws(ReadingError) {
      organizationID = try body.optionalIdentifier("organizationId")
      guard let url = try body.webhookURL() else { throw ReadingError(member: "url", problem: .missing) }
      self.url = url
      events = try body.eventTypes() ?? []
      try body.finish()
    } catch {
      throw Problem(error)
    }
    guard organizationID?.bits != 0 else { throw .notFound }
  }
}

extension WebhookChange {
  /// Reads the body of `PATCH /api/v1/admin/webhooks/{id}`.
  ///
  /// - Throws: 400 for what cannot be understood, and for a change of nothing.
  init(_ request: Request) throws(Problem) {
    var body = try RequestBody.object(of: request)
    do throws(ReadingError) {
      self.init(
        url: try body.webhookURL(), events: try body.eventTypes(), isActive: try body.optionalBoolean("active"))
      try body.finish()
    } catch {
      throw Problem(error)
    }
    guard url != nil || events != nil || isActive != nil else {
      throw Problem(.invalidRequest, "Give url, events or active: what is to be changed.")
    }
  }
}

extension ObjectReader {
  /// As libcurl takes it: https, a host, no user, no fragment, nothing that would have to be escaped.
  fileprivate mutating func webhookURL() throws(ReadingError) -> String? {
    guard let text = try optionalString("url", maximumBytes: Webhook.urlByteLimit) else { return nil }
    guard text.hasPrefix("https://"), text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }),
      let parts = URLComponents(string: text),
      parts.host?.isEmpty == false, parts.user == nil, parts.password == nil, parts.fragment == nil
    else {
      throw ReadingError(member: "url", problem: .outOfRange, bounds: "an https URL without user name and fragment")
    }
    return text
  }

  fileprivate mutating func eventTypes() throws(ReadingError) -> [String]? {
    guard let values = try optionalArray("events") else { return nil }
    let known = Set(EventType.allCases.map(\.rawValue))
    let types = values.compactMap { value -> String? in
      guard case .string(let text) = value, known.contains(text) else { return nil }
      return text
    }
    guard types.count == values.count, Set(types).count == types.count else {
      throw ReadingError(
        member: "events", problem: .outOfRange,
        bounds: "a list of different types: \(known.sorted().joined(separator: ", "))")
    }
    return types
  }
}
