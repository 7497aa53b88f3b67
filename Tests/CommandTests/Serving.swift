import Cluster
import Foundation
import JSON
import Testbed
import Testing

/// `tollgate serve` on a free port, at the shared database unless the environment says otherwise.
struct Serving: Sendable {
  let served: ServedDatabase
  let program: Program
  let address: HTTPAddress
  let environment: [String: String]
  let secret: String

  init(environment given: [String: String] = [:]) async throws {
    let served = try await ServedDatabase.shared()
    let secret = "secret-" + UUID().uuidString
    self.served = served
    self.secret = secret
    (program, address, environment) = try await onOwnThread {
      let own = [
        "DATABASE_URL": try served.database.serverURL(), "TOLLGATE_LISTEN": "127.0.0.1:0",
        "TOLLGATE_JWT_SECRET": secret,
      ]
      let environment = own.merging(given) { $1 }
      let program = try Program(["serve"], environment: environment)
      let line = try program.waitForComplaint(containing: #""listening""#)
      let port = try #require(try parseJSON(Array(line.utf8))["port"]?.integer)
      return (program, HTTPAddress(port: try #require(UInt16(exactly: port))), environment)
    }
  }

  func end(_ signal: Int32) async throws -> Program.Outcome {
    try await onOwnThread { [program] in
      program.send(signal)
      return program.waitUntilEnd()
    }
  }
}
