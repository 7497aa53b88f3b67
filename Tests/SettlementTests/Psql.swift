import Foundation
import Testbed

/// The real psql, as operators use it.
enum Psql {
  struct Failure: Error { let status: Int32, message: String }

  /// Gives psql statements as if typed, and returns the lines it prints: values separated by bars, no headings. Blocks.
  static func lines(_ database: TestDatabase, _ statements: String) throws -> [String] {
    let psql = Process()
    psql.executableURL = URL(filePath: "/usr/bin/env")
    psql.arguments = [
      "PGCONNECT_TIMEOUT=10", "psql", "--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align",
      "--set=ON_ERROR_STOP=1", "--dbname=\(database.url)",
    ]
    let input = Pipe()
    let output = Pipe()
    let errors = Pipe()
    psql.standardInput = input
    psql.standardOutput = output
    psql.standardError = errors
    try psql.run()
    try input.fileHandleForWriting.write(contentsOf: Data(statements.utf8))
    try input.fileHandleForWriting.close()
    let printed = try output.fileHandleForReading.readToEnd() ?? Data()
    let complaints = try errors.fileHandleForReading.readToEnd() ?? Data()
    psql.waitUntilExit()
    guard psql.terminationStatus == 0 else {
      throw Failure(status: psql.terminationStatus, message: String(decoding: complaints, as: UTF8.self))
    }
    return String(decoding: printed, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
