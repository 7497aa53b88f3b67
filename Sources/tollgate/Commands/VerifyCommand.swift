import Dispatch
import Foundation
import JSON
import Postgres
import Schema

/// `tollgate verify`: the invariants, looked at in one snapshot, or in one after the other.
enum VerifyCommand {
  static let command = Command(
    name: ["verify"], summary: "Check the invariants of a database.",
    help: """
      usage: tollgate verify [--watch [--every SECONDS]] [--json]

      Runs every check of sql/checks in one read-only snapshot. Exit code 1 when one is violated.

      --watch    again and again, with a line for each time, until the first violation (exit code 1) or until SIGTERM or
                 SIGINT (0). With --json each line is an object. While the database is away it waits.
      --every    seconds between two times, 1 to 86400, default 60

      Environment: DATABASE_DIRECT_URL, or DATABASE_URL: an administrator's connection string.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--every"], flags: ["--json", "--watch"])
    let pause = try pauseSeconds(arguments)
    let connection = ConnectionSettings(try SettingsReader.read().migratingDatabase, applicationName: "tollgate verify")
    let auditor = Auditor(settings: connection)
    if let pause {
      try watch(auditor, pauseSeconds: pause, asJSON: arguments.has("--json"))
    }
    try complain(of: report(try auditor.run(), asJSON: arguments.has("--json")))
  }

  /// Nil without `--watch`.
  private static func pauseSeconds(_ arguments: Arguments) throws(UsageError) -> UInt32? {
    guard arguments.has("--watch") else {
      if arguments["--every"] != nil { throw UsageError("--every needs --watch") }
      return nil
    }
    guard let given = arguments["--every"] else { return 60 }
    let isNumber = given.utf8.allSatisfy { (0x30...0x39).contains($0) }
    guard isNumber, let seconds = UInt32(given), (1...86_400).contains(seconds) else {
      throw UsageError("--every is a whole number of seconds, 1 to 86400")
    }
    return seconds
  }

  /// Returns only by an error: the first violation, or what makes the first run impossible.
  private static func watch(_ auditor: Auditor, pauseSeconds: UInt32, asJSON: Bool) throws -> Never {
    StopSignal.hold()
    // Whatever is being looked at: nothing is written that would have to be finished.
    DispatchQueue.global().async {
      StopSignal.wait()
      _exit(0)
    }
    var hasRun = false
    while true {
      do {
        let start = ContinuousClock.now
        let results = try auditor.run()
        hasRun = true
        try complain(of: reportRun(results, took: .now - start, asJSON: asJSON))
      } catch let error as SchemaError {
        guard case .noConnection = error, hasRun else { throw error }
        Terminal.complain("\(error)")
      }
      sleep(pauseSeconds)
    }
  }

  /// One line, and the report where something is violated.
  private static func reportRun(_ results: [CheckResult], took: Duration, asJSON: Bool) -> [CheckResult] {
    let time = Date.now.ISO8601Format()
    let milliseconds = Int(took / .milliseconds(1))
    let violated = results.filter { !$0.holds }
    if asJSON {
      Terminal.outputObject { writer in
        writer.member("time", time)
        writer.member("checkCount", results.count)
        writer.member("milliseconds", milliseconds)
        write("violated", violated, to: &writer)
      }
    } else {
      let verdict = violated.isEmpty ? "hold" : "checked, \(violated.count) VIOLATED"
      Terminal.output("\(time) \(results.count) invariants \(verdict) (\(milliseconds) ms)")
      for line in violated.flatMap(\.lines) { Terminal.output(line) }
    }
    return results
  }

  private static func report(_ results: [CheckResult], asJSON: Bool) -> [CheckResult] {
    if asJSON {
      Terminal.outputObject { write("checks", results, to: &$0) }
    } else {
      for line in results.flatMap(\.lines) { Terminal.output(line) }
    }
    return results
  }

  private static func complain(of results: [CheckResult]) throws(CommandFailure) {
    let violated = results.filter { !$0.holds }
    if !violated.isEmpty { throw CommandFailure("\(violated.count) of \(results.count) checks are violated") }
  }

  private static func write(_ name: StaticString, _ results: [CheckResult], to writer: inout JSONWriter) {
    writer.name(name)
    writer.beginArray()
    for result in results {
      writer.beginObject()
      writer.member("name", result.name)
      writer.member("invariant", result.invariant)
      writer.member("holds", result.holds)
      writer.name("violations")
      writer.beginArray()
      for violation in result.violations { writer.string(violation) }
      writer.endArray()
      writer.endObject()
    }
    writer.endArray()
  }
}
