import Cluster
import JSON
import Testbed

/// Sends a case's request on a connection of its own, with another request right behind it, and holds what comes back
/// against what is expected.
struct Conversation: Sendable {
  let hostileCase: HostileCase
  let vocabulary: Vocabulary
  let port: UInt16

  /// What never belongs into an answer: words of PostgreSQL, libpq and the program.
  private static let internals = ["SQLSTATE", "ERROR:", "libpq", "pg_", "Sources/", "Fatal error", "syntax error"]

  private static let probe = "next-request"

  /// What is not as it should be.
  func faults() async throws -> [String] {
    try await onOwnThread {
      do {
        return try talk(hostileCase.bytes(vocabulary))
      } catch let failure as RawClient.Failure {
        return ["\(failure)"]
      }
    }
  }

  private func talk(_ bytes: [UInt8]) throws -> [String] {
    let client = try RawClient(port: port)
    guard let last = hostileCase.expectations.last else {
      client.send(bytes)
      client.finishSending()
      let answer = try client.readToEnd()
      return answer.isEmpty ? [] : ["an answer: \(answer)"]
    }
    let next = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Request-Id: \(Self.probe)\r\n\r\n"
    client.send(bytes + Array(next.utf8))
    var faults: [String] = []
    for expectation in hostileCase.expectations {
      faults += try check(try finalAnswer(client, toHead: hostileCase.isHead), expectation)
    }
    // A connection that stays must take the request behind for what it is; one that ends must not take it at all.
    if !last.closes {
      let answer = try finalAnswer(client, toHead: false)
      if answer.status != 200 || answer["X-Request-Id"] != Self.probe { faults.append("next request: \(answer)") }
    }
    let rest = try client.readToEnd()
    return rest.isEmpty ? faults : faults + ["behind the answers: \(rest)"]
  }

  private func finalAnswer(_ client: RawClient, toHead isHead: Bool) throws -> RawClient.Answer {
    var answer = try client.readAnswer(toHead: isHead)
    while answer.status == 100 { answer = try client.readAnswer(toHead: isHead) }
    return answer
  }

  private func check(_ answer: RawClient.Answer, _ expectation: Expectation) throws -> [String] {
    var faults: [String] = []
    if answer.status != expectation.status { faults.append("status \(answer.status)") }
    let closes = answer["Connection"]?.lowercased() == "close"
    if closes != expectation.closes { faults.append(closes ? "closes" : "does not close") }
    if !expectation.isLibrarys, answer["X-Request-Id"]?.isEmpty != false { faults.append("no X-Request-Id") }
    faults += Self.internals.filter(answer.body.contains).map { "internals: \($0)" }
    for text in expectation.texts {
      let expected = String(decoding: try vocabulary.bytes(of: text), as: UTF8.self)
      if !answer.body.contains(expected) { faults.append("the body lacks \(expected)") }
    }
    if !hostileCase.isHead, !expectation.isLibrarys, answer.status >= 400 || expectation.code != nil {
      faults += problemFaults(answer, expectation)
    }
    return faults.isEmpty ? [] : faults + ["\(answer.status) \(answer.body.prefix(1_000))"]
  }

  /// The code is that of a problem, or of a guard's refusal, or of a check that found something in the way.
  private func problemFaults(_ answer: RawClient.Answer, _ expectation: Expectation) -> [String] {
    guard let body = try? answer.json() else { return ["no JSON"] }
    let code = (body["detail"]?["code"] ?? body["code"])?.string
    var faults = code == expectation.code ? [] : ["code \(code ?? "absent")"]
    guard answer["Content-Type"] == "application/problem+json" else {
      if answer.status >= 400, body["detail"]?["code"] == nil { faults.append("no problem") }
      return faults
    }
    if body["status"]?.integer != Int64(answer.status) { faults.append("another status in the body") }
    if body["requestId"]?.string != answer["X-Request-Id"] { faults.append("another request id in the body") }
    return faults
  }
}
