import Foundation
import Glibc
import Testbed

/// A proxy with the configuration that docs/guards.md gives, but for the ports.
enum ProxyKind: String, CaseIterable {
  case nginx, caddy

  /// What the program takes as its configuration.
  func configuration(port: UInt16, tollgate: UInt16, service: UInt16) throws -> String {
    let documented = try Self.documented(self == .nginx ? "nginx" : "caddyfile")
      .replacing("127.0.0.1:8080", with: "127.0.0.1:\(tollgate)")
      .replacing("127.0.0.1:3000", with: "127.0.0.1:\(service)")
    switch self {
    case .nginx:
      let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "  \($0)_temp_path \($0);\n" }.joined()
      return "daemon off;\nmaster_process off;\npid nginx.pid;\nevents {}\nhttp {\n  access_log off;\n" + temporary
        + documented.replacing("listen 80;", with: "listen 127.0.0.1:\(port);") + "}\n"
    case .caddy:
      return "{\n\tadmin off\n}\n"
        + documented.replacing(":80 {", with: ":\(port) {\n\tbind 127.0.0.1")
    }
  }

  func start(in folder: ScratchFolder, configuration: String) throws -> Program {
    let file = try folder.write("configuration", configuration)
    switch self {
    case .nginx:
      return try Program(executable: "/usr/sbin/nginx", ["-p", folder.path, "-e", "stderr", "-c", file])
    case .caddy:
      return try Program(
        executable: "/usr/bin/caddy", ["run", "--config", file, "--adapter", "caddyfile"],
        environment: ["HOME": folder.path, "XDG_DATA_HOME": folder.path, "XDG_CONFIG_HOME": folder.path])
    }
  }

  /// The code block of that language.
  private static func documented(_ language: String) throws -> String {
    let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/guards.md")
    let parts = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "```\(language)\n")
    guard parts.count == 2, let end = parts[1].range(of: "```") else {
      throw Program.Failure(description: "docs/guards.md has not exactly one block of \(language)")
    }
    return String(parts[1][..<end.lowerBound])
  }
}

/// A proxy that runs, on a free port of the loopback address.
final class GuardingProxy: Sendable {
  let port: UInt16
  private let program: Program
  private let folder: ScratchFolder

  /// Blocks until it accepts connections.
  init(_ kind: ProxyKind, tollgate: UInt16, service: UInt16) throws {
    folder = try ScratchFolder()
    for _ in 1...5 {
      let port = try Self.freePort()
      let program = try kind.start(
        in: folder, configuration: kind.configuration(port: port, tollgate: tollgate, service: service))
      if Self.waitUntilReady(program, port) {
        self.port = port
        self.program = program
        return
      }
    }
    throw Program.Failure(description: "\(kind.rawValue) did not start: is it installed (make install)?")
  }

  /// Blocks until it has ended.
  func stop() {
    program.send(SIGTERM)
    _ = program.waitUntilEnd()
  }

  /// A port that nobody listens on now. Somebody else may come first: then the proxy ends, and another one is tried.
  static func freePort() throws -> UInt16 {
    let service = try GuardedService()
    defer { service.stop() }
    return service.port
  }

  private static func waitUntilReady(_ program: Program, _ port: UInt16) -> Bool {
    let deadline = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < deadline, program.isRunning {
      if (try? RawClient(port: port)) != nil { return true }
      poll(nil, 0, 10)
    }
    return false
  }
}
