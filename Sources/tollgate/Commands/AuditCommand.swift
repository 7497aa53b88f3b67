import API
import Accounts
import JSON
import Tokens

/// `tollgate audit …`
enum AuditCommand {
  static let list = Command(
    name: ["audit", "list"], summary: "List who changed what, newest first.",
    help: """
      usage: tollgate audit list [--organization ID] [--change CHANGE] [--actor ID] [--from TIME] [--to TIME]
                                 [--limit COUNT] [--json]

      A line for each change: when, who, what, and before and after. CHANGE is as organization.update, ID the id of a user
      or key or the name of a service or database role, TIME as 2027-01-31T12:00:00Z. COUNT is 50 unless given, 0 for all.
      With --json each is an object.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(
      arguments, options: ["--organization", "--change", "--actor", "--from", "--to", "--limit"], flags: ["--json"])
    let filter = AuditFilter(
      organizationID: arguments["--organization"] == nil ? nil : try arguments.organization(),
      change: arguments["--change"], actorID: arguments["--actor"], fromMicroseconds: try arguments.time("--from"),
      toMicroseconds: try arguments.time("--to"))
    guard let limit = Int(arguments["--limit"] ?? "50"), limit >= 0 else {
      throw UsageError("--limit is an integer from 0 on")
    }
    try looking { connection in
      var left = limit == 0 ? Int.max : limit
      var last: AuditRecordID?
      repeat {
        let count = min(left, pageLimit)
        let page = try Administration.auditLog(filter, before: last, limit: count, on: &connection)
        for record in page {
          if arguments.has("--json") { Terminal.outputObject(record.write) } else { Terminal.output(record.line) }
        }
        left -= page.count
        last = page.count < count || left == 0 ? nil : page.last?.id
      } while last != nil
    }
  }

  /// Changes that are read at once.
  private static let pageLimit = 500
}

extension Arguments {
  fileprivate func time(_ option: String) throws(UsageError) -> Int64? {
    guard let text = self[option] else { return nil }
    guard let time = Timestamp.read(text) else { throw UsageError("\(option) is a time as 2027-01-31T12:00:00Z") }
    return time
  }
}

extension AuditRecord {
  /// For people.
  fileprivate var line: String {
    let (id, hint) = (actor.id.map(Terminal.printable), actor.hint.map { "(\(Terminal.quoted($0)))" })
    let who = [actor.kind.rawValue, id, hint].compactMap { $0 }
    let whose = organizationID.map { " of \($0)" } ?? ""
    return """
      \(Timestamp.text(atMicroseconds)) \(who.joined(separator: " ")): \(change) \(Terminal.quoted(subject))\(whose) \
      \(Terminal.printable(before ?? "{}")) → \(Terminal.printable(after ?? "{}"))
      """
  }
}
