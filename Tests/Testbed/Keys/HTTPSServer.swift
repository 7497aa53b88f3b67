import Foundation
import Glibc
public import HTTP

/// A server behind https on the loopback address: nginx speaks TLS, and each request is answered in this process.
public final class HTTPSServer: Sendable {
  public struct Failure: Error, CustomStringConvertible { public let description: String }

  public let port: UInt16
  /// Nil where another server answers.
  private let answering: Server?
  private let nginx: Process
  private let folder: TestFolder

  /// Blocks until it accepts connections.
  ///
  /// - Parameters:
  ///   - certificate: what it shows.
  ///   - port: where it listens; nil for a free port.
  ///   - paths: which are answered.
  ///   - others: paths that somebody else answers, by the port on the loopback address.
  ///   - handler: answers every method on these paths.
  /// - Throws: `Failure` when nginx does not start.
  public convenience init(
    _ certificate: TestCertificate, port: UInt16? = nil, paths: [String] = ["/keys"], others: [String: UInt16] = [:],
    handler: @escaping Handler
  ) throws {
    var router = Router()
    for path in paths { router.add("*", path, bodyLimitBytes: 1_048_576, handler: handler) }
    let answering = try Server(ServerConfiguration(port: 0), router: router)
    try answering.start()
    try self.init(certificate, port: port, forwardingTo: answering.port, answering, others)
  }

  /// The same in front of a server that is there already, for every path. Blocks until it accepts connections.
  ///
  /// - Throws: `Failure` when nginx does not start.
  public convenience init(_ certificate: TestCertificate, forwardingTo port: UInt16) throws {
    try self.init(certificate, port: nil, forwardingTo: port, nil, [:])
  }

  private init(
    _ certificate: TestCertificate, port: UInt16?, forwardingTo answeringPort: UInt16, _ answering: Server?,
    _ others: [String: UInt16]
  ) throws {
    self.answering = answering
    folder = try TestFolder()
    // A port that is free now may be another's a moment later: then nginx ends, and another one is tried.
    for _ in 1...5 {
      let port = try port ?? Self.freePort()
      let nginx = try Self.start(in: folder, certificate, port: port, answering: answeringPort, others)
      if Self.waitUntilReady(nginx, in: folder, port) {
        self.port = port
        self.nginx = nginx
        return
      }
    }
    throw Failure(description: "nginx did not start: is it installed (make install)?")
  }

  public var url: String { "https://127.0.0.1:\(port)/keys" }

  /// Ends it. Blocks.
  public func stop() {
    // nginx inherits the signals that threads of a test runner block, and nothing that it does has to be finished.
    kill(nginx.processIdentifier, SIGKILL)
    nginx.waitUntilExit()
    answering?.stop(deadlineSeconds: 5)
  }

  /// A port that nobody listens on now.
  public static func freePort() throws -> UInt16 {
    let server = try Server(ServerConfiguration(port: 0), router: Router())
    try server.start()
    defer { server.stop(deadlineSeconds: 5) }
    return server.port
  }

  private static func start(
    in folder: TestFolder, _ certificate: TestCertificate, port: UInt16, answering: UInt16,
    _ others: [String: UInt16]
  ) throws -> Process {
    let locations = others.map {
      "location = \($0.key) { proxy_pass http://127.0.0.1:\($0.value); proxy_buffering off; }"
    }
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \($0);" }
    let configuration = """
      daemon off; master_process off; pid nginx.pid; events {}
      http {
        access_log off; \(temporary.joined(separator: " "))
        server {
          listen 127.0.0.1:\(port) ssl;
          ssl_certificate \(certificate.certificateFile); ssl_certificate_key \(certificate.keyFile);
          \(locations.joined(separator: " "))
          location / { proxy_pass http://127.0.0.1:\(answering); proxy_buffering off; proxy_read_timeout 60s; }
        }
      }
      """
    try folder.write("nginx.conf", Array(configuration.utf8))
    let nginx = Process()
    nginx.executableURL = URL(filePath: "/usr/sbin/nginx")
    nginx.arguments = ["-p", folder.path, "-e", "stderr", "-c", folder.file("nginx.conf")]
    nginx.standardInput = FileHandle.nullDevice
    nginx.standardError = FileHandle.nullDevice
    try nginx.run()
    return nginx
  }

  /// nginx writes its number once the port is its own: until then somebody else may answer there.
  private static func waitUntilReady(_ nginx: Process, in folder: TestFolder, _ port: UInt16) -> Bool {
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline, nginx.isRunning {
      if access(folder.file("nginx.pid"), F_OK) == 0, (try? RawClient(port: port)) != nil { return true }
      poll(nil, 0, 10)
    }
    return false
  }
}
