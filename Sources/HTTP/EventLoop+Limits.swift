import CMicroHTTPD
import Glibc
import Network
import Synchronization

/// What one client may take of what all share.
extension EventLoop {
  /// A body that is refused for want of room is refused before it is sent when not even so much of it has room.
  static let bodyStartBytes = 65_536

  /// Whether one more connection with this address may be.
  func admits(_ address: UnsafePointer<sockaddr>) -> Bool {
    guard let limit = configuration.maximumConnectionsPerAddress, let address = NetworkAddress(address) else {
      return true
    }
    return addresses.count(of: address) < limit || configuration.trustedProxies.contains(address)
  }

  /// Whom a trusted proxy speaks for; nil for a client's own connection.
  func forwardedClient(_ exchange: Exchange) -> NetworkAddress? {
    guard exchange.connection.isTrustedProxy, let peer = exchange.connection.address,
      exchange.headers.bytes(of: "x-forwarded-for") != nil
    else { return nil }
    let client = configuration.trustedProxies.client(
      behind: peer, forwardedFor: exchange.headers.values(of: "x-forwarded-for"))
    return client == peer ? nil : client
  }

  /// Counts what was received of a body. False when there is no room for it.
  func countBody(_ byteCount: Int, _ exchange: Exchange) -> Bool {
    guard bodyBytes + byteCount <= configuration.maximumBodyBytes else { return false }
    bodyBytes += byteCount
    exchange.countedBodyBytes += byteCount
    return true
  }

  /// Keeps an answer back if that is to be. Nobody has to wait for a server that is about to end.
  func hold(_ answer: Answer) -> Bool {
    guard case .response(let response) = answer.outcome, response.isHeld, configuration.heldAnswerSeconds > 0,
      stopAt.load(ordering: .relaxed) == 0
    else { return false }
    held.append(answer, now: .now, seconds: configuration.heldAnswerSeconds)
    return true
  }

  /// Gives the answers that were held long enough, or all.
  func releaseHeldAnswers(all: Bool) {
    guard held.nextDue != nil else { return }
    let now = all ? Instant(nanoseconds: .max) : Instant.now
    while let answer = held.takeDue(now) {
      guard answer.exchange.stage == .waiting else { continue }
      if !self.answer(answer.exchange, answer.outcome) { answer.exchange.connection.shutDown() }
    }
  }

  /// Notes that no socket could be accepted. While there are connections the library tries again when one of them ends.
  /// Without any it would try for ever, and nothing else would get a turn: it is asked again a little later.
  func noticeShortage(_ code: Int32) {
    guard connections.isEmpty, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) else { return }
    cannotAccept = true
  }
}

/// The files that this process may have open; each connection is one.
enum OpenFiles {
  /// Fewer connections than these are no server: below, descriptors may run out.
  private static let leastConnections = 16

  /// - Parameters:
  ///   - wanted: connections.
  ///   - others: descriptors that something else needs.
  /// - Returns: how many connections there may be.
  static func connectionLimit(wanted: Int, others: Int) -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return wanted }
    let files = Int(clamping: limit.rlim_cur)
    return min(wanted, max(files - others, leastConnections))
  }
}
