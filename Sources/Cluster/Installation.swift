import Foundation
import Glibc

/// The programs of one installed PostgreSQL.
struct Installation: Sendable {
  /// The folder with `postgres` and `initdb`, absolute.
  let directory: String
  let majorVersion: Int

  var postgres: String { directory + "/postgres" }
  var initdb: String { directory + "/initdb" }

  static let oldestMajorVersion = 15

  /// The newest one, or the one of a given major version: a data directory is served by the version that made it.
  static func find(majorVersion: Int? = nil) throws(ClusterError) -> Installation {
    var known: [Installation] = []
    for directory in try candidates() where !known.contains(where: { $0.directory == directory }) {
      if let found = try inspect(directory) { known.append(found) }
    }
    if let majorVersion {
      if let found = known.first(where: { $0.majorVersion == majorVersion }) { return found }
      throw ClusterError("The data was made by PostgreSQL \(majorVersion): install postgresql-\(majorVersion).")
    }
    // The first of the newest: the order of the candidates decides between two of one version.
    let newest = known.map(\.majorVersion).max() ?? 0
    guard newest >= oldestMajorVersion, let found = known.first(where: { $0.majorVersion == newest }) else {
      throw ClusterError("No PostgreSQL \(oldestMajorVersion) or newer was found: run scripts/install-packages.")
    }
    return found
  }

  private static func candidates() throws(ClusterError) -> [String] {
    let debian = "/usr/lib/postgresql"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: debian)) ?? []
    var directories = versions.sorted().map { "\(debian)/\($0)/bin" }
    let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    if let program = path.map({ $0 + "/pg_config" }).first(where: { access($0, X_OK) == 0 }) {
      let outcome = try ChildProcess.run([program, "--bindir"])
      if outcome.succeeded { directories.append(outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
    return directories + path
  }

  /// Nil unless the folder holds both programs. `postgres --version` prints "postgres (PostgreSQL) 15.20 (Debian …)".
  private static func inspect(_ directory: String) throws(ClusterError) -> Installation? {
    guard directory.hasPrefix("/"), access(directory + "/postgres", X_OK) == 0,
      access(directory + "/initdb", X_OK) == 0
    else { return nil }
    let outcome = try ChildProcess.run([directory + "/postgres", "--version"])
    let words = outcome.output.split(separator: " ")
    guard outcome.succeeded, words.count >= 3, let version = Int(words[2].prefix { $0.isNumber }) else { return nil }
    return Installation(directory: directory, majorVersion: version)
  }
}
