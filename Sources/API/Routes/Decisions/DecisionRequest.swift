import HTTP
import JSON
import Tokens

/// What a request to a decision cache says.
struct DecisionRequest: Sendable {
  let organizationID: OrganizationID?
  let userID: UserID?
  /// The cache's name.
  let cache: String
  /// A JSON object.
  let key: String
  let waitSeconds: Int64?
  let idempotencyKey: IdempotencyKey?

  /// Reads path, body and the field `Idempotency-Key`.
  ///
  /// - Throws: 404 for what can be no cache, 400 for what cannot be understood, 422 for a key that no cache has.
  init(_ request: Request) throws(Problem) {
    cache = try request.cacheName("cache")
    idempotencyKey = try request.idempotencyKey()
    var body = try RequestBody.object(of: request)
    let key: JSONObject
    do throws(ReadingError) {
      key = try body.object("key")
      organizationID = try body.optionalIdentifier("organizationId")
      userID = try body.optionalIdentifier("userId")
      waitSeconds = try body.optionalInteger("waitSeconds", in: CacheSettings.waitRangeSeconds)
      try body.finish()
    } catch {
      throw Problem(error)
    }
    guard CacheSettings.keyMemberCountRange.contains(key.members.count), key.members.allSatisfy({ $0.value.isScalar })
    else { throw .invalidDecisionKey }
    self.key = String(decoding: JSONValue.object(key).encoded(), as: UTF8.self)
  }

  /// The question itself, once it is known whose cache it is.
  func question(_ scope: Scope, _ leaseID: LeaseID) -> CacheQuestion {
    CacheQuestion(
      organizationID: scope.organizationID, spender: scope.spender, cache: cache, key: key, leaseID: leaseID,
      idempotencyKey: idempotencyKey, waitSeconds: waitSeconds)
  }
}

extension Request {
  /// The part of the path that names a cache. What can be none is unknown.
  func cacheName(_ parameter: String) throws(Problem) -> String {
    guard let name = parameters[parameter], CatalogueName.isOne(name) else { throw .notFound }
    return name
  }
}

extension JSONValue {
  /// Whether it can be a member of a key. Fractions cannot: what looks the same may not be.
  fileprivate var isScalar: Bool {
    switch self {
    case .null, .boolean, .integer, .string: true
    case .real, .array, .object: false
    }
  }
}
