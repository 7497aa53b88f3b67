import Foundation
import HTTP
import Synchronization
import Testbed

/// Runs blocking work on a thread of its own, so that it does not take one of the few that run tests.
func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result(catching: work)) }
  }
}

/// Starts a server on a free port, runs the body, and stops it.
func withServer<Value: Sendable>(
  _ router: Router = echoRouter(), configure: (inout ServerConfiguration) -> Void = { _ in },
  _ body: (Server) async throws -> Value
) async throws -> Value {
  var configuration = ServerConfiguration(port: 0)
  configure(&configuration)
  let server = try Server(configuration, router: router)
  try server.start()
  do {
    let value = try await body(server)
    try await onThread { server.stop(deadlineSeconds: 10) }
    return value
  } catch {
    try await onThread { server.stop(deadlineSeconds: 0) }
    throw error
  }
}

/// Sends bytes on a new connection and reads until the server closes it.
func talk(to server: Server, _ bytes: [UInt8]) async throws -> String {
  let port = server.port
  return try await onThread {
    let client = try RawClient(port: port)
    client.send(bytes)
    return try client.readToEnd()
  }
}

func talk(to server: Server, _ text: String) async throws -> String {
  try await talk(to: server, Array(text.utf8))
}

/// Sends a request that asks for the connection to be closed, and reads the one answer.
func ask(_ server: Server, _ requestLine: String, headers: String = "", body: String = "") async throws
  -> RawClient.Answer
{
  let port = server.port
  return try await onThread {
    let client = try RawClient(port: port)
    let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
    client.send("\(requestLine) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(headers)\(length)\r\n\(body)")
    return try client.readAnswer(toHead: requestLine.hasPrefix("HEAD"))
  }
}

/// Answers what it was asked, from another thread.
func echo(_ request: Request, _ responder: Responder) {
  DispatchQueue.global().async {
    let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
    let parameters = request.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let text =
      "\(request.method) \(request.path) [\(query)] [\(parameters.joined(separator: ","))] "
      + String(decoding: request.body, as: UTF8.self)
    responder.send(Response(status: 200, headers: [("Content-Type", "text/plain")], body: Array(text.utf8)))
  }
}

func echoRouter() -> Router {
  var router = Router()
  router.add("GET", "/", handler: echo)
  router.add("POST", "/", bodyLimitBytes: 1_000_000, handler: echo)
  router.add("POST", "/small", bodyLimitBytes: 100, handler: echo)
  router.add("GET", "/things/{id}", handler: echo)
  router.add("DELETE", "/things/{id}", handler: echo)
  router.add("GET", "/things/all", handler: echo)
  router.add("*", "/any/{name}", handler: echo)
  return router
}

/// Something that happens once, to be waited for without sleeping.
final class Signal<Value: Sendable>: Sendable {
  private let stream: AsyncStream<Value>
  private let continuation: AsyncStream<Value>.Continuation

  init() {
    (stream, continuation) = AsyncStream.makeStream()
  }

  func send(_ value: Value) { continuation.yield(value) }

  /// The next value that is sent.
  func next() async throws -> Value {
    for await value in stream { return value }
    throw CancellationError()
  }
}
