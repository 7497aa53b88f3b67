import HTTP
import Locking
import Testbed

extension FuzzTarget {
  /// What a server takes for a request, over a socket, is one in the plainest reading, with the same method, target and
  /// fields; and what is one in that reading is not called malformed.
  static let headerGate = FuzzTarget(name: "header-gate") { bytes in
    let head = PlainHead.cut(bytes)
    let server = try GatedServer.shared.get()
    let (status, request) = try server.answer(to: head)
    // Refused for its size or its percent-encoding, or waiting for its body.
    let plain = PlainHead(head)
    switch status {
    case 299, 404, 405:
      guard let plain else { throw Finding("a malformed request got through, and was answered \(status ?? 0)") }
      if let request { try compare(request, plain) }
    case 400:
      try require(plain.map { $0.target.contains(UInt8(ascii: "%")) } ?? true, "a well-formed request is 400")
    case 417, 501, 505: try require(plain == nil, "a well-formed request is \(status ?? 0)")
    case 413, 414, 415, 431: break
    case nil: try require(plain?.hasBody != false, "a request without a body is not answered")
    default: throw Finding("a request is answered \(status ?? 0)")
    }
  }

  private static func compare(_ request: Request, _ plain: PlainHead) throws(Finding) {
    try require(request.method == plain.method, "another method")
    let path = plain.target.prefix { $0 != UInt8(ascii: "?") }
    try require(request.path.utf8.elementsEqual(path), "another path")
    let fields = request.headers.all
    try require(fields.count == plain.fields.count, "another number of fields")
    for (field, expected) in zip(fields, plain.fields) {
      try require(field.name.utf8.elementsEqual(expected.name), "another name of a field")
      let value = String(decoding: expected.value, as: UTF8.self)
      try require(field.value.utf8.elementsEqual(value.utf8), "another value of a field")
    }
  }
}

/// A server that keeps what reaches its handler.
private final class GatedServer: Sendable {
  static let shared = Result { try GatedServer() }

  private let server: Server
  private let received: RequestInbox

  private init() throws {
    let received = RequestInbox()
    var router = Router()
    let handler: Handler = { request, responder in
      received.put(request)
      responder.send(Response(status: 299))
    }
    for pattern in ["/", "/{a}", "/{a}/{b}"] { router.add("*", pattern, handler: handler) }
    router.add("GET", "/get/only/here", handler: handler)
    var configuration = ServerConfiguration(port: 0)
    // What is not complete is not waited for.
    configuration.headerTimeoutSeconds = 0.2
    configuration.idleTimeoutSeconds = 0.2
    server = try Server(configuration, router: router)
    try server.start()
    self.received = received
  }

  /// The status of the answer, nil without one, and the request as the handler got it.
  func answer(to head: [UInt8]) throws -> (status: Int?, request: Request?) {
    received.clear()
    let client = try RawClient(port: server.port)
    defer { client.reset() }
    client.send(head)
    client.finishSending()
    do {
      var answer = try client.readAnswer(toHead: true)
      while answer.status == 100 { answer = try client.readAnswer(toHead: true) }
      return (answer.status, received.take())
    } catch RawClient.Failure.endOfStream {
      return (nil, nil)
    }
  }
}

/// The last request that arrived.
private final class RequestInbox: Sendable {
  private let request = Mutex<Request?>(nil)

  func put(_ request: Request) { self.request.withLock { $0 = request } }
  func take() -> Request? { request.withLock { $0 } }
  func clear() { request.withLock { $0 = nil } }
}
