import JSON
import Testbed
import Testing

/// An operation as openapi.json describes it.
struct DescribedOperation {
  let name: String
  let method: String
  let id: String
  /// `read`, `spend` or `admin`; nil: it is for everybody.
  let requirement: String?
  let success: Int

  init(_ name: String, _ described: JSONValue) throws {
    self.name = name
    method = String(name.prefix { $0 != " " })
    id = try #require(described["operationId"]?.string)
    let security = try #require(described["security"]?.array, "\(name) does not say what it asks of its caller")
    if security.isEmpty {
      requirement = nil
    } else {
      let roles = try #require(security.count == 1 ? security[0]["bearer"]?.array : nil)
      try #require(roles.count == 1)
      requirement = roles[0].string
      #expect(["read", "spend", "connect", "admin"].contains(requirement), "\(name)")
    }
    let statuses = described["responses"]?.names.compactMap(Int.init).filter { (200...299).contains($0) } ?? []
    success = try #require(statuses.count == 1 ? statuses[0] : nil)
  }

  /// Whether it changes anything for who may ask.
  var changes: Bool {
    guard let requirement else { return id == "receiveStripeEvent" }
    return requirement != "read" && method != "GET"
  }

  /// The status for a kind of caller.
  func expected(for kind: CallerKind) -> Int {
    let isForged = kind.isOfAnotherOrigin && ["signIn", "signOut"].contains(id)
    return isForged ? 403 : kind.standing.expected(of: id, method, asking: requirement, success: success)
  }
}
