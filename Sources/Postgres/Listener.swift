import Glibc

/// A connection that does nothing but listen to one channel, on a thread of its own. A lost one is made again.
///
/// PostgreSQL keeps no notifications for who is not there: whoever listens has to look by itself when `isListening`
/// becomes true, and again and again while it is false.
public final class Listener: Sendable {
  private enum Phase: Sendable {
    case running(Thread?)
    case ended
  }

  private let wake: WakePipe?
  private let phase: Monitor<Phase>

  /// Connects and listens. Closures are called on the listener's thread, which waits for them.
  ///
  /// - Parameters:
  ///   - channel: a name in lower case, as the server knows it.
  ///   - settings: of the connection.
  ///   - listens: is told whether notifications come from now on.
  ///   - receive: gets the payload of each notification.
  public init(
    channel: StaticString, settings: ConnectionSettings, listens: @escaping @Sendable (Bool) -> Void,
    receive: @escaping @Sendable (String) -> Void
  ) {
    let wake = WakePipe()
    self.wake = wake
    guard let wake else {
      phase = Monitor(.running(nil))
      return
    }
    let thread = Thread(name: "listener") {
      var backoff = Backoff()
      while !wake.isWoken(afterMilliseconds: backoff.millisecondsUntilConnecting(at: .now)) {
        Self.listen(channel, settings, wake, &backoff, listens, receive)
      }
    }
    phase = Monitor(.running(thread))
  }

  /// One connection, from its beginning to its end.
  private static func listen(
    _ channel: StaticString, _ settings: ConnectionSettings, _ wake: WakePipe, _ backoff: inout Backoff,
    _ listens: (Bool) -> Void, _ receive: (String) -> Void
  ) {
    do {
      var connection = try Connection(settings)
      try connection.script("LISTEN \(channel)")
      backoff.worked()
      listens(true)
      while !wake.isWoken(afterMilliseconds: 0), let payloads = connection.notifications(orReadable: wake.readingEnd) {
        for payload in payloads { receive(payload) }
      }
      listens(false)
      backoff.lost(at: .now, jitter: .random(in: 0...1))
    } catch {
      backoff.connectFailed(at: .now, jitter: .random(in: 0...1))
    }
  }

  /// Ends the connection and waits for the thread. Blocks; twice is once.
  public func shutDown() {
    wake?.wake()
    let thread = phase.withLock { phase -> Thread? in
      defer { phase = .ended }
      if case .running(let thread) = phase { return thread }
      return nil
    }
    thread?.join()
  }

  deinit {
    wake?.wake()
    if case .running(let thread?) = phase.withLock({ $0 }) { thread.detach() }
  }
}

/// A way to end a thread's wait from another one.
final class WakePipe: Sendable {
  let readingEnd: Int32
  private let writingEnd: Int32

  /// Nil when there are no more descriptors.
  init?() {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    readingEnd = ends[0]
    writingEnd = ends[1]
  }

  deinit {
    close(readingEnd)
    close(writingEnd)
  }

  /// From now on the reading end is readable.
  func wake() {
    var byte: UInt8 = 1
    _ = write(writingEnd, &byte, 1)
  }

  /// Waits so long, or until it is woken, and tells which.
  func isWoken(afterMilliseconds milliseconds: Int32) -> Bool {
    var descriptor = pollfd(fd: readingEnd, events: Int16(POLLIN), revents: 0)
    return poll(&descriptor, 1, milliseconds) > 0
  }
}
