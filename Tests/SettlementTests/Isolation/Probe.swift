import Postgres
import Testing

/// A way to stand in front of the database: as which role, with which claims and hand-set settings.
struct Stand {
  /// What Tollgate's functions and policies believe, but the clock.
  static let settings = Claims.settings.filter { $0.hasPrefix("tollgate.") && $0 != "tollgate.clock" }

  let role: String
  let claims: String
  /// By name; those that are not among them are empty.
  let admitted: [String: String]

  var what: String { "\(role), claims '\(claims)', admitted \(admitted)" }
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

  static func alike(_ text: String, naming names: Names) -> String {
    // Names that are no ids.
    let text = [Names.Kind.payment, .key, .customer, .paymentEvent].reduce(text) {
      $0.replacing(names[$1], with: "<id>")
    }
    return text.replacing(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/, with: "<id>")
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
    "SELECT " + Stand.settings.map { "coalesce(current_setting('\($0)', true), '')" }.joined(separator: ", "))
  private static let admitting = Statement(
    "SELECT set_config('request.jwt.claims', $1, true), "
      + Stand.settings.enumerated().map { "set_config('\($1)', $\($0 + 2), true)" }.joined(separator: ", "))

  /// Calls, sees that the other tenant is as it was, that nothing of it is told but what the call named, and that the
  /// session is admitted to nothing that it was not before; then takes it all back.
  func answer(_ call: String, naming names: Names, _ stand: Stand, _ connection: inout Connection) throws -> Answer {
    let told = Names.Kind.allCases.map { names[$0] }
    let secrets = tenants.othersMarks.split(separator: "|").map(String.init).filter { !told.contains($0) }
    try connection.script("BEGIN")
    defer { do { try connection.script("ROLLBACK") } catch { Issue.record(error) } }
    let admitted = Stand.settings.map { stand.admitted[$0] ?? "" }
    _ = try connection.query(Self.admitting, ([stand.claims] + admitted).map(Parameter.text))
    try connection.script("SET LOCAL ROLE \(stand.role)")
    let lines: [String]
    do {
      lines = try connection.lines(Statement(call))
    } catch let error as PostgresError {
      guard error.kind == .server, let state = error.sqlState else { throw error }
      let message = error.debugDescription
      for secret in secrets { #expect(!message.contains(secret), "\(stand.what): \(call)") }
      return .refused(state.rawValue, Answer.alike(message, naming: names))
    }
    for secret in secrets {
      #expect(!lines.contains { $0.contains(secret) }, "\(stand.what): \(call) tells \(secret)")
    }
    let rows = try connection.query(Self.settings)
    for (index, (name, admitted)) in zip(Stand.settings, admitted).enumerated() {
      let left = try rows.string(0, index)
      #expect(["", admitted].contains(left), "\(stand.what): \(call) leaves \(left) behind in \(name)")
    }
    try connection.script("RESET ROLE")
    #expect(try connection.text(checksum) == untouched, "\(stand.what): \(call) touches the other tenant")
    return .rows(lines.map { Answer.alike($0, naming: names) })
  }
}
