import Accounts
import HTTP
public import JSON
public import Tokens

/// `/api/v1/admin/users`: who may act for which organization.
struct UserRoutes: Sendable {
  let context: RouteContext
  let cursors: PageCursors

  /// The longest address of RFC 5321, section 4.5.3.1.
  private static let emailLimitBytes = 320

  /// `GET /api/v1/admin/users?organizationId&search&limit&cursor`, newest first.
  func list(_ request: Request, from _: Caller, _ reply: Reply) throws(Problem) {
    try request.allowQuery(["organizationId", "search", "limit", "cursor"])
    let organizationID = try request.queryIdentifier("organizationId", of: Organization.self)
    let search = try request.queryWords("search", maximumBytes: Self.emailLimitBytes)
    let page = try Page(request, cursors, of: "users", by: [organizationID?.description, search])
    context.accounts.users(of: organizationID, search: search, behind: page.place(), limit: page.lookedFor) { result in
      answer(result, reply) { found throws(Problem) in
        try page.response(found, id: \.id.bits, sortKey: { $0.place.sortKey }) { $0.write(to: &$1) }
      }
    }
  }

  /// `POST /api/v1/admin/users`.
  func create(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let key = try request.idempotencyKey()
    var body = try RequestBody.object(of: request)
    let wanted: NewUser
    do throws(ReadingError) {
      wanted = NewUser(
        organizationID: try body.identifier("organizationId"), id: try body.optionalIdentifier("userId"),
        email: try Self.email(&body), role: try Self.role(&body))
      try body.finish()
    } catch {
      throw Problem(error)
    }
    context.accounts.acting(as: request.actor(caller)).addUser(wanted, under: key) { result in
      if let id = wanted.id { context.directory.forget(id) }
      answer(result, reply) { (creation: Creation<MadeUser>) throws(Problem) in
        switch creation {
        case .keyReused: throw .keyReused
        case .made(let made): .json(status: 201, isReplay: made.isReplay) { made.user.write(to: &$0) }
        }
      }
    }
  }

  /// `PATCH /api/v1/admin/users/{id}`: another role.
  func change(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let id: UserID = try request.pathIdentifier()
    var body = try RequestBody.object(of: request)
    let role: UserRole
    do throws(ReadingError) {
      role = try Self.role(&body)
      try body.finish()
    } catch {
      throw Problem(error)
    }
    context.accounts.acting(as: request.actor(caller)).setRole(role, of: id) { result in
      answer(result, reply) { (user: UserDetails?) throws(Problem) in
        guard let user else { throw .notFound }
        return .json { user.write(to: &$0) }
      }
    }
  }

  /// `DELETE /api/v1/admin/users/{id}`: what they spent stays in the ledger.
  func remove(_ request: Request, from caller: Caller, _ reply: Reply) throws(Problem) {
    let id: UserID = try request.pathIdentifier()
    context.accounts.acting(as: request.actor(caller)).removeUser(id) { result in
      context.directory.forget(id)
      answer(result, reply) { (organizationID: OrganizationID?) throws(Problem) in
        guard let organizationID else { throw .notFound }
        return .json { writer in
          writer.member("userId", id)
          writer.member("organizationId", organizationID)
        }
      }
    }
  }

  private static func email(_ body: inout ObjectReader) throws(ReadingError) -> String? {
    guard let email = try body.optionalString("email", maximumBytes: emailLimitBytes) else { return nil }
    guard email.hasVisibleCharacter else {
      throw ReadingError(member: "email", problem: .outOfRange, bounds: "left out, or something that can be seen")
    }
    return email
  }

  private static func role(_ body: inout ObjectReader) throws(ReadingError) -> UserRole {
    let text = try body.string("role")
    guard let role = UserRole.allCases.first(where: { $0.rawValue.utf8.elementsEqual(text.utf8) }) else {
      throw ReadingError(member: "role", problem: .outOfRange, bounds: "viewer or member")
    }
    return role
  }

  private func answer<Value>(
    _ result: Result<Accounts.Administered<Value>, ServiceFailure>, _ reply: Reply,
    _ success: (Value) throws(Problem) -> Response
  ) {
    reply.attempt { () throws(Problem) in
      switch try result.mapError({ Problem($0) }).get() {
      case .failure(.notFound): throw .notFound
      case .failure(.conflict): throw Problem(.userExists, "This user belongs to an organization already.")
      case .failure(.invalidArgument):
        throw Problem(ServiceFailure.defect(cause: "a user that PostgreSQL does not take"))
      case .success(let value): reply.send(try success(value))
      }
    }
  }
}

extension UserDetails {
  /// Writes the members of a user, for the API and for scripts.
  public func write(to writer: inout JSONWriter) {
    writer.member("userId", id)
    writer.member("organizationId", organizationID)
    writer.member("email", email)
    writer.member("role", role.rawValue)
    writer.member("createdAt", timestamp: createdAtMicroseconds)
  }
}
