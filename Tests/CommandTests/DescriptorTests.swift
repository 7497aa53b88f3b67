import Cluster
import Glibc
import Testbed
import Testing

@Suite("file descriptors exhausted")
struct DescriptorTests {
  private static let question = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"

  /// A server whose connections to PostgreSQL are open, so that it needs no descriptors but for clients.
  private static func ready() async throws -> Serving {
    let serving = try await Serving()
    #expect(try await serving.address.send("GET", "/readyz").status == 200)
    return serving
  }

  /// Whether a client hears nothing while the event loop uses no more than a fifth of what one that spins would use, and
  /// the whole server does so in one half second of ten: its other threads may be at work in some, and spin in none.
  private static func isQuiet(_ client: RawClient, _ program: Program) throws -> Bool {
    for _ in 0..<10 {
      let (before, beforeOfLoop) = (try program.usedTicks(), try program.usedTicksOfEventLoop())
      guard client.waitForSilence(milliseconds: 500), try program.usedTicksOfEventLoop() - beforeOfLoop <= 10 else {
        return false
      }
      if try program.usedTicks() - before <= 10 { return true }
    }
    return false
  }

  @Test("without any connection the server waits, and goes on when there are descriptors again")
  func withoutConnections() async throws {
    let serving = try await Self.ready()
    let (isQuiet, status) = try await onOwnThread {
      try serving.program.limitOpenFiles(3)
      let client = try RawClient(port: serving.address.port)
      client.send(Self.question)
      let isQuiet = try Self.isQuiet(client, serving.program)
      try serving.program.limitOpenFiles(1_024)
      return (isQuiet, try client.readAnswer().status)
    }
    #expect(isQuiet)
    #expect(status == 200)
    #expect(try await serving.end(SIGTERM).status == 0)
  }

  @Test("those who are connected are served on, and others when one of them goes")
  func withConnections() async throws {
    let serving = try await Self.ready()
    let (isQuiet, kept, status) = try await onOwnThread {
      var connected = [try RawClient(port: serving.address.port)]
      connected[0].send(Self.question)
      _ = try connected[0].readAnswer()
      try serving.program.limitOpenFiles(3)
      let client = try RawClient(port: serving.address.port)
      client.send(Self.question)
      let isQuiet = try Self.isQuiet(client, serving.program)
      connected[0].send(Self.question)
      let kept = try connected[0].readAnswer().status
      try serving.program.limitOpenFiles(1_024)
      connected.removeAll()
      return (isQuiet, kept, try client.readAnswer().status)
    }
    #expect(isQuiet)
    #expect(kept == 200)
    #expect(status == 200)
    #expect(try await serving.end(SIGTERM).status == 0)
  }

  @Test("with fewer descriptors than connections were asked for, the server takes fewer connections and says so")
  func fewer() async throws {
    let served = try await ServedDatabase.shared()
    let line = try await onOwnThread {
      let program = try Program(
        executable: "/bin/sh", ["-c", "ulimit -n 300 && exec \"$0\" serve", Program.tollgate],
        environment: [
          "DATABASE_URL": try served.database.serverURL(), "TOLLGATE_LISTEN": "127.0.0.1:0",
          "TOLLGATE_JWT_SECRET": String(repeating: "s", count: 32),
        ])
      return try program.waitForComplaint(containing: "file descriptors allow fewer connections")
    }
    // 128 are left to others, and 4 to each lane.
    #expect(line.contains(#""connections":164"#))
  }
}
