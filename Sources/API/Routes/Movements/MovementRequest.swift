import HTTP
import JSON
import Tokens

/// What one route that moves tokens reads from a request, and how it answers. `MovementRoute` does the rest.
protocol MovementRequest: Sendable {
  /// What is asked of the caller: who does not have it gets 403 before anything is read.
  static var requirement: Requirement { get }

  var origin: MovementOrigin { get }
  var operation: Movement.Operation { get }

  /// Reads path, header fields and body.
  init(_ request: Request) throws(Problem)

  /// The answer to a success. Nil where PostgreSQL left out what it has to say.
  func response(_ settled: SettledMovement) -> Response?
}

extension MovementRequest {
  static var requirement: Requirement { .spend }
}

/// What every such request may say: whose tokens, under which key, and what to keep with it.
struct MovementOrigin: Sendable {
  var organizationID: OrganizationID?
  var userID: UserID?
  var eventID: String?
  var metadata: String?
  var idempotencyKey: IdempotencyKey?

  /// Reads the common members and the field `Idempotency-Key`.
  init(_ request: Request, _ body: inout ObjectReader) throws(Problem) {
    idempotencyKey = try request.idempotencyKey()
    do throws(ReadingError) {
      organizationID = try body.optionalIdentifier("organizationId")
      userID = try body.optionalIdentifier("userId")
      eventID = try body.optionalString("eventId", maximumBytes: 255)
      metadata = try body.metadata()
    } catch {
      throw Problem(error)
    }
  }

  /// Of an administrator's request, whose path names the organization.
  init(_ request: Request, organizationID: OrganizationID) throws(Problem) {
    idempotencyKey = try request.idempotencyKey()
    self.organizationID = organizationID
  }
}

/// A movement that was made, with its numbers.
struct SettledMovement: Sendable {
  var movement: Movement
  var numbers: SettledDeduction
  var details: SettlementDetails
  var isReplay: Bool

  /// Tokens held by open reservations.
  var reserved: Int64 { numbers.balanceAfter - numbers.available }
}

extension Request {
  /// The `{id}` of the path. One that is no UUID names nothing: 404, as for every unknown one.
  func pathIdentifier<Subject>() throws(Problem) -> Identifier<Subject> {
    guard let identifier = parameters["id"].flatMap(Identifier<Subject>.init) else { throw .notFound }
    return identifier
  }
}
