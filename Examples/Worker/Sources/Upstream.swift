import Foundation

/// The worker's side of the conversation with its upstream.
struct Upstream: Sendable {
  struct Silence: Error, CustomStringConvertible { let description = "the upstream does not answer" }

  private let lines: LineStream

  init(port: UInt16) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = Loopback.address(port: port)
    let isConnected = Loopback.with(&address) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
    guard isConnected else { throw Silence() }
    lines = LineStream(descriptor)
  }

  /// Tokens that it took.
  func query(offers: Int) async throws -> Int { try await number("query \(offers)") }

  func decide(_ item: String) async throws -> String { try await ask("decide \(item)") }

  /// Tokens that it has taken altogether, by its own account.
  func total() async throws -> Int { try await number("total") }

  private func number(_ line: String) async throws -> Int {
    guard let number = Int(try await ask(line)) else { throw Silence() }
    return number
  }

  /// Waiting for the answer blocks, so that happens on a thread of its own.
  private func ask(_ line: String) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { [lines] in
        guard lines.write(line), let answer = lines.read() else { return continuation.resume(throwing: Silence()) }
        continuation.resume(returning: answer)
      }
    }
  }
}
