import Foundation

@testable import Cluster

/// Runs programs beside the tests.
enum Program {
  /// What psql prints for one query, unaligned and without headings; `succeeded` is false when it could not connect or
  /// the query failed.
  static func psql(_ url: String, _ query: String) throws -> ChildProcess.Outcome {
    try ChildProcess.run([
      "/usr/bin/env", "PGCONNECT_TIMEOUT=10", "psql", "--no-psqlrc", "--no-password", "--tuples-only", "--no-align",
      "--quiet", "--dbname=\(url)", "--command=\(query)",
    ])
  }

  /// The last line psql printed for a query that has to succeed.
  static func answer(_ url: String, _ query: String) throws -> String {
    let outcome = try psql(url, query)
    guard outcome.succeeded else { throw Failure(message: outcome.output) }
    return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  struct Failure: Error { let message: String }
}
