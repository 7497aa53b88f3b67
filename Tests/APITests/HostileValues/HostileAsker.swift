import Crypto
import Foundation
import JSON
import Testbed

@testable import API

/// Sends hostile requests, one after the other, on a connection that is replaced when it ends. It blocks.
struct HostileAsker {
  private static let hole = "the-hole-of-this-body"
  /// What never belongs into an answer: words of PostgreSQL, libpq and the program.
  private static let internals = [
    "SQLSTATE", "ERROR:", "libpq", "pg_catalog", "Sources/", "Fatal error", "syntax error",
  ]

  let description: Description
  let belongings: Belongings
  let server: TestServer
  /// Different for each asker: its keys and payments are nobody else's.
  let number: Int
  private var client: RawClient?
  private var count = 0

  init(_ description: Description, _ belongings: Belongings, _ server: TestServer, number: Int) {
    self.description = description
    self.belongings = belongings
    self.server = server
    self.number = number
  }

  private struct Sent {
    let method: String
    let target: String
    let body: [UInt8]?
    let fields: [(String, String)]
  }

  /// What is wrong with the answer, and whether the request was accepted.
  mutating func ask(_ request: HostileRequest) throws -> (faults: [String], isAccepted: Bool) {
    count += 1
    let sent = try prepare(request)
    let answer: RawClient.Answer
    do { answer = try exchange(sent) } catch let failure as RawClient.Failure {
      client = nil
      return (["\(failure)"], false)
    }
    return (faults(in: answer, to: sent, request), (200...299).contains(answer.status))
  }

  private func faults(in answer: RawClient.Answer, to sent: Sent, _ request: HostileRequest) -> [String] {
    var faults: [String] = []
    if answer.status >= 500 { faults.append("the server failed: \(answer.status) \(answer.body)") }
    do {
      let path = String(sent.target.prefix { $0 != "?" })
      faults += try description.faults(in: answer, to: sent.method, path)
      if answer.status >= 400, sent.method != "HEAD" { faults += try problemFaults(answer) }
      if (200...299).contains(answer.status) { faults += try acceptanceFaults(answer, sent, path, request) }
    } catch { faults.append("\(error)") }
    faults += Self.internals.filter(answer.body.contains).map { "internals: \($0)" }
    if case .none = request.change, !(200...299).contains(answer.status) {
      faults.append("\(answer.status) \(answer.body)")
    }
    return faults
  }

  /// It is a problem, or a guard's refusal, which says its code elsewhere.
  private func problemFaults(_ answer: RawClient.Answer) throws -> [String] {
    let body = try answer.json()
    guard answer["Content-Type"] == "application/problem+json" else {
      return body["detail"]?["code"]?.string == nil ? ["no problem: \(answer)"] : []
    }
    let isRight =
      body["status"]?.integer == Int64(answer.status) && body["requestId"]?.string == answer["X-Request-Id"]
      && body["code"]?.string?.isEmpty == false
    return isRight ? [] : ["no problem of this request: \(answer)"]
  }

  /// What was accepted has to be what openapi.json asks for.
  private func acceptanceFaults(
    _ answer: RawClient.Answer, _ sent: Sent, _ path: String, _ request: HostileRequest
  ) throws -> [String] {
    switch request.change {
    case .none, .value, .name:
      guard let body = sent.body, !answer.body.contains(#""status":"invalid""#) else { return [] }
      // Of Stripe's events, what is of another type is as if it were not there.
      let isOfStripe = request.operation.id == "receiveStripeEvent"
      let value = try parseJSON(body, allowingNUL: isOfStripe)
      return isOfStripe ? [] : description.faults(inRequest: value, to: sent.method, path)
    case .query(_, let text, let schema):
      guard let decoded = text.removingPercentEncoding else { return ["took what is no text"] }
      let isNumber = schema["type"]?.string == "integer"
      let value = isNumber ? Int64(decoded).map(JSONValue.integer) ?? .string(decoded) : .string(decoded)
      return description.validator.faults(in: value, by: schema)
    case .segment: return []
    }
  }

  private mutating func exchange(_ sent: Sent) throws -> RawClient.Answer {
    let connected = try client ?? RawClient(port: server.port)
    client = connected
    var head = "\(sent.method) \(sent.target) HTTP/1.1\r\nHost: localhost\r\n"
    for (name, value) in sent.fields { head += "\(name): \(value)\r\n" }
    if let body = sent.body { head += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n" }
    connected.send(Array((head + "\r\n").utf8) + (sent.body ?? []))
    let answer = try connected.readAnswer(toHead: sent.method == "HEAD")
    if answer["Connection"]?.lowercased() == "close" { client = nil }
    return answer
  }

  private mutating func prepare(_ request: HostileRequest) throws -> Sent {
    let operation = request.operation
    let unique = "hostile-\(number)-\(count)"
    guard
      let asked = belongings.example(of: operation.id, isNaming: true, unique: unique, session: belongings.tenant.token)
    else { throw RawClient.Failure.malformed("\(operation.name) has no example") }
    let fresh = try replacement(for: operation.id, unique)
    func replaced(_ text: String) -> String { fresh.map { text.replacing($0.old, with: $0.new) } ?? text }
    var body = try asked.body.map { try self.body(operation.id, request.example, parseJSON(Array($0.utf8))) }
    var filling: [UInt8]?
    switch request.change {
    case .value(let path, let json):
      body = body?.setting(.string(Self.hole), at: path[...])
      filling = json
    case .name(let path, let json):
      body = body?.setting(.integer(1), at: path + [.member(Self.hole)])
      filling = json
    case .none, .query, .segment: break
    }
    var bytes = body.map { Array(replaced(String(decoding: $0.encoded(), as: UTF8.self)).utf8) }
    if let filling, let range = bytes?.firstRange(of: Array("\"\(Self.hole)\"".utf8)) {
      bytes?.replaceSubrange(range, with: filling)
    }
    var fields = asked.fields
    switch operation.requirement {
    case nil: break
    case "admin": fields.append(("Authorization", "Bearer \(try server.tokens.service())"))
    default: fields.append(("Authorization", "Bearer \(belongings.tenant.token)"))
    }
    if asked.isSigned, let bytes { fields.append(("Stripe-Signature", try Self.signature(of: bytes))) }
    return Sent(
      method: asked.method, target: Self.target(replaced(asked.target), request.change), body: bytes, fields: fields)
  }

  /// The example of openapi.json with the names of what is there.
  private func body(_ operationID: String, _ example: JSONValue?, _ asked: JSONValue) -> JSONValue {
    var whole = (example ?? asked).overlaid(with: asked)
    if whole["organizationId"] != nil {
      whole = whole.setting(.string(belongings.tenant.organizationID), at: [.member("organizationId")])
    }
    switch operationID {
    case "createUser": return whole.setting(.string(UUID().uuidString.lowercased()), at: [.member("userId")])
    // One that is not active is tested by nobody.
    case "changeWebhook": return whole.setting(.boolean(true), at: [.member("active")])
    // The type is the example's, which does something.
    case "receiveStripeEvent": return whole.setting(example?["type"] ?? .null, at: [.member("type")])
    default: return whole
    }
  }

  private static func target(_ target: String, _ change: HostileRequest.Change) -> String {
    let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
    switch change {
    case .query(let name, let text, _):
      let others = parts.dropFirst().flatMap { $0.split(separator: "&") }.filter { !$0.hasPrefix("\(name)=") }
      return parts[0] + "?" + (others.map(String.init) + ["\(name)=\(text)"]).joined(separator: "&")
    case .segment(let index, let text):
      var segments = parts[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      segments[index] = text
      return ([segments.joined(separator: "/")] + parts.dropFirst()).joined(separator: "?")
    case .none, .value, .name: return target
    }
  }

  private static func signature(of body: [UInt8]) throws -> String {
    let now = TestStripe.now
    let code = try HMACSHA256(key: Array(TestStripe.secret.utf8)).authenticationCode(for: Array("\(now).".utf8) + body)
    return "t=\(now),v1=" + code.map { String(format: "%02x", $0) }.joined()
  }

  /// What is used up by a request: the one that the examples name, and another one like it.
  private mutating func replacement(for operationID: String, _ unique: String) throws -> (old: String, new: String)? {
    let organization = #""organizationId":"\#(belongings.tenant.organizationID)""#
    let user = belongings.tenant.token
    switch operationID {
    case "capture", "release", "extend":
      let made = try make(Path.reservations, #"{"featureUsed":"generate_insight"}"#, user, "reservationId")
      return (belongings.reservationID, made)
    case "refund":
      return (belongings.chargeID, try make(Path.deduct, #"{"featureUsed":"generate_insight"}"#, user, "transactionId"))
    case "rotateAPIKey", "revokeAPIKey":
      let body = #"{\#(organization),"name":"Key","scopes":["read"]}"#
      return (belongings.keyID, try make(Path.keys, body, try server.tokens.service(), "keyId"))
    case "storeDecision", "giveUpLease":
      let path = "/api/v1/decisions/\(belongings.cache)"
      return (belongings.leaseID, try make(path, #"{"key":{"title":"lease of \#(unique)"}}"#, user, "leaseId"))
    default: return nil
    }
  }

  private mutating func make(_ path: String, _ body: String, _ token: String, _ member: String) throws -> String {
    let answer = try exchange(
      Sent(method: "POST", target: path, body: Array(body.utf8), fields: [("Authorization", "Bearer \(token)")]))
    guard let id = try answer.json()[member]?.string else { throw RawClient.Failure.malformed("\(path): \(answer)") }
    return id
  }
}
