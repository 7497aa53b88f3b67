import Postgres
import Testing

/// A way to stand in front of the database: as which role, with which claims and hand-set settings.
struct Stand {
  let role: String
  let claims: String
  let organizations: String
  let user: String
  let keys: String

  var what: String { "\(role), claims '\(claims)', admitted '\(organizations)' '\(user)' '\(keys)'" }
}

/// What a call came to, with identifiers, times and counts of microseconds made the same.
enum Answer: Equatable, CustomStringConvertible {
  case rows([String])
  case refused(String, String)

  var description: String {
    switch self {
    case .rows(let rows): "\(rows)"
    case .refused(let state, let message): "\(state) \(message)"
    }
  }

  static func alike(_ text: String) -> String {
    text.replacing(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/, with: "<id>")
      .replacing(/[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:.]+(?:\+[0-9:]+|Z)?/, with: "<time>")
      .replacing(/[0-9]{16}/, with: "<microseconds>")
  }
}

/// Calls on behalf of one tenant, and watches another.
struct Probe {
  let tenants: TwoTenants
  /// Sums up every row of the other tenant, with who wrote and who locked it.
  private let checksum: Statement
  private let untouched: String?

  init(_ workplace: inout Workplace) throws {
    let tenants = try TwoTenants(&workplace)
    let tables = try workplace.administrator.lines(
      """
      SELECT oid::regclass FROM pg_class
      WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'tollgate'::regnamespace)
      """)
    let rows = tables.map {
      """
      SELECT concat_ws(' ', '\($0)', seen.ctid, seen.xmin, seen.xmax, seen) AS line FROM \($0) AS seen
      WHERE seen::text LIKE '%\(tenants.other.id)%'
      """
    }
    checksum = .named(
      """
      SELECT count(*) || ' ' || md5(string_agg(line, ' ' ORDER BY line))
      FROM (\(rows.joined(separator: "\nUNION ALL\n"))) AS lines
      """)
    self.tenants = tenants
    try workplace.administrator.script("SET jit = off")
    untouched = try workplace.administrator.text(checksum)
  }

  private static let settings = Statement(
    """
    SELECT coalesce(current_setting('tollgate.organizations', true), ''),
      coalesce(current_setting('tollgate.user_id', true), ''), coalesce(current_setting('tollgate.keys', true), ''),
      coalesce(current_setting('tollgate.customers', true), '')
        || coalesce(current_setting('tollgate.payment_events', true), '')
    """)

  /// Calls, sees that the other tenant is as it was, that nothing of it is told but what the call named, and that the
  /// session is admitted to nothing that it was not before; then takes it all back.
  func answer(_ call: String, naming names: Names, _ stand: Stand, _ connection: inout Connection) throws -> Answer {
    let told = Names.Kind.allCases.map { names[$0] }
    let secrets = tenants.othersMarks.split(separator: "|").map(String.init).filter { !told.contains($0) }
    try connection.script("BEGIN")
    defer { do { try connection.script("ROLLBACK") } catch { Issue.record(error) } }
    _ = try connection.query(
      """
      SELECT set_config('request.jwt.claims', $1, true), set_config('tollgate.organizations', $2, true),
        set_config('tollgate.user_id', $3, true), set_config('tollgate.keys', $4, true)
      """, [.text(stand.claims), .text(stand.organizations), .text(stand.user), .text(stand.keys)])
    try connection.script("SET LOCAL ROLE \(stand.role)")
    let lines: [String]
    do {
      lines = try connection.lines(Statement(call))
    } catch let error as PostgresError {
      guard error.kind == .server, let state = error.sqlState else { throw error }
      let message = error.debugDescription
      for secret in secrets { #expect(!message.contains(secret), "\(stand.what): \(call)") }
      return .refused(state.rawValue, Answer.alike(message))
    }
    for secret in secrets {
      #expect(!lines.contains { $0.contains(secret) }, "\(stand.what): \(call) tells \(secret)")
    }
    let rows = try connection.query(Self.settings)
    let left = [try rows.string(0, 0), try rows.string(0, 1), try rows.string(0, 2)]
    #expect(["", stand.organizations].contains(left[0]), "\(stand.what): \(call) leaves \(left) behind")
    #expect(["", stand.user].contains(left[1]), "\(stand.what): \(call) leaves \(left) behind")
    #expect(["", stand.keys].contains(left[2]), "\(stand.what): \(call) leaves \(left) behind")
    #expect(try rows.string(0, 3) == "", "\(stand.what): \(call) leaves a payment's names behind")
    try connection.script("RESET ROLE")
    #expect(try connection.text(checksum) == untouched, "\(stand.what): \(call) touches the other tenant")
    return .rows(lines.map(Answer.alike))
  }
}
