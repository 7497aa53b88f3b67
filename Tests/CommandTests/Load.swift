import Foundation
import JSON
import Locking
import Testbed

/// Clients that spend as fast as they are answered, until the server closes.
final class Load: Sendable {
  private let port: UInt16
  private let token: String
  private let body: String
  private let answered = Mutex<Set<String>>([])
  private let answers = DispatchSemaphore(value: 0)
  private let threads = DispatchGroup()

  init(port: UInt16, token: String, body: String) {
    self.port = port
    self.token = token
    self.body = body
  }

  func start(threadCount: Int) {
    for _ in 0..<threadCount {
      threads.enter()
      Thread.detachNewThread { [self] in
        while (try? spend()) != nil {}
        threads.leave()
      }
    }
  }

  /// One connection's requests, until the server closes it; an error when there is no server any more.
  private func spend() throws {
    let client = try RawClient(port: port)
    let request = HTTPAddress.request("POST", "/api/v1/tokens/deduct", token: token, body: body)
    while true {
      client.send(request)
      let answer = try client.readAnswer()
      let id = try answer.transactionID()
      answered.withLock { _ = $0.insert(id) }
      answers.signal()
      if answer["Connection"] == "close" { return }
    }
  }

  func waitForAnswers(_ count: Int) { for _ in 0..<count { answers.wait() } }

  /// The transactions of every answer, once all clients are done.
  func waitForEnd() -> Set<String> {
    threads.wait()
    return answered.withLock { $0 }
  }

  /// Requests whose header block the server has accepted, and whose body it waits for.
  func acceptedButUnfinished(_ count: Int) throws -> Unfinished {
    let head = HTTPAddress.request("POST", "/api/v1/tokens/deduct", token: token, body: body, expects: true)
    let clients = try (0..<count).map { _ in
      let client = try RawClient(port: port)
      client.send(head)
      return client
    }
    for client in clients { _ = try client.readAnswer() }
    return Unfinished(clients, body: body)
  }

  /// Half-sent requests, handed from the thread that began them to the one that ends them.
  final class Unfinished: Sendable {
    private let clients: Mutex<[RawClient]>
    private let body: String

    init(_ clients: sending [RawClient], body: String) {
      self.clients = Mutex(clients)
      self.body = body
    }

    /// Sends the bodies and reads the answers.
    func finish() throws -> [RawClient.Answer] {
      try clients.withLock { clients in
        for client in clients { client.send(body) }
        return try clients.map { try $0.readAnswer() }
      }
    }
  }
}

extension RawClient.Answer {
  struct Unexpected: Error { let body: String }

  /// The transaction of a success.
  func transactionID() throws -> String {
    guard status == 200, let id = try json()["transactionId"]?.string else { throw Unexpected(body: body) }
    return id
  }
}
