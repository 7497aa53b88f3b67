import CMicroHTTPD
import Glibc
import Synchronization

/// The thread that runs the library, and everything that only this thread may touch.
///
/// The library has no thread of its own: with one, resuming a connection from elsewhere loses wake-ups. This loop polls
/// the library's descriptor and the answer queue's, hands the answers over, runs the library, and looks at the clock.
/// What happens to a request is in `EventLoop+Exchange.swift`.
///
/// Unchecked because all but the atomic properties belong to the loop's thread. `Server` creates it, starts that thread
/// and afterwards touches nothing but the atomic properties, the queue and `run`'s end.
final class EventLoop: @unchecked Sendable {
  let configuration: ServerConfiguration
  let router: Router
  let queue: AnswerQueue
  let gate: HeaderGate
  let collector: FieldCollector
  let deadlines: Deadlines
  /// Connections at the most.
  let connectionLimit: Int

  let inFlightCount = Atomic<Int>(0)
  let connectionCount = Atomic<Int>(0)
  let isDraining = Atomic<Bool>(false)
  /// When to stop waiting for answers, in nanoseconds of the monotonic clock; 0 as long as nobody wants to stop.
  let stopAt = Atomic<Int64>(0)

  var identifiers = RequestIdentifiers()
  var room = RequestRoom()
  var connections: [ConnectionState] = []
  /// The same by their descriptors.
  var sockets = SocketTable()
  /// Taken from the queue in this turn; empty between turns.
  var answers: [Answer] = []
  /// Handed to the application during this turn; suspended at its end.
  var toSuspend: [Exchange] = []
  /// The request whose request line came last, and those whose header block took longer than until the next one's.
  var newestExchange: Exchange?
  var olderExchanges: [Exchange] = []
  /// How long that list may become before what is over is taken out of it.
  var olderExchangesLimit = 64
  /// How many connections each address has, trusted proxies excepted.
  var addresses = AddressCounts()
  /// Received of the bodies of all requests that are not finished.
  var bodyBytes = 0
  /// Answers that are kept back for a while.
  var held = HeldAnswers<Answer>()
  /// Set when a socket could not be accepted and there is no connection whose end would let the library try again.
  var cannotAccept = false
  /// Set when a connection was closed: at its limit, the library listens again only when it is run again.
  var mustRunAgain = false
  private var lingering: [LingeringSocket] = []
  private var nextSweep = Instant.now
  /// Where in `connections` the next part of the sweep begins.
  private var sweepCursor = 0
  /// Connections that are looked at before others have their turn again.
  private static let sweepPart = 64
  private static let acceptPauseMilliseconds: Int32 = 100

  init(_ configuration: ServerConfiguration, router: Router) throws(ServerError) {
    self.configuration = configuration
    self.router = router
    queue = try AnswerQueue()
    gate = HeaderGate(
      headerBlockLimitBytes: configuration.headerBlockLimitBytes, headerCountLimit: configuration.headerCountLimit)
    collector = FieldCollector(limit: configuration.headerCountLimit + 1)
    deadlines = Deadlines(configuration)
    connectionLimit = OpenFiles.connectionLimit(
      wanted: configuration.maximumConnections, others: configuration.descriptorsForOthers)
  }

  /// Runs until a stop is asked for and everything is answered, or its deadline has passed. Takes over the daemon.
  func run(_ daemon: OpaquePointer) {
    observingReceived { turn(daemon) }
  }

  private func turn(_ daemon: OpaquePointer) {
    queue.adoptCurrentThread()
    var descriptors: [pollfd] = []
    var isListening = true
    while true {
      let hasPendingWork = mustRunAgain || microhttpd_has_pending_work(daemon) != 0
      let isStopping = stopAt.load(ordering: .relaxed) != 0
      let isSettled = isStopping && !isListening && inFlightCount.load(ordering: .relaxed) == 0
      prepare(&descriptors, daemon)
      let ready = poll(&descriptors, nfds_t(descriptors.count), waitMilliseconds(hasPendingWork || isSettled))
      // Stopping with nothing in flight: one look that finds nothing new ends it.
      if isSettled, ready == 0, !hasPendingWork { break }
      if isStopping, Instant.now.nanoseconds >= stopAt.load(ordering: .relaxed) { break }
      handOverAnswers()
      releaseHeldAnswers(all: isStopping)
      cannotAccept = false
      mustRunAgain = false
      MHD_run(daemon)
      suspendWaiting()
      if isStopping, isListening {
        // This turn has accepted what was waiting; now nobody else comes in.
        isListening = false
        close(MHD_quiesce_daemon(daemon))
      }
      drainLingering(descriptors)
      sweepIfDue()
    }
    finish(daemon, isListening: isListening)
  }

  private func prepare(_ descriptors: inout [pollfd], _ daemon: OpaquePointer) {
    descriptors.removeAll(keepingCapacity: true)
    // poll takes no notice of a negative descriptor.
    let library = cannotAccept ? -1 : microhttpd_poll_descriptor(daemon)
    descriptors.append(pollfd(fd: library, events: Int16(POLLIN), revents: 0))
    descriptors.append(pollfd(fd: queue.descriptor, events: Int16(POLLIN), revents: 0))
    for socket in lingering {
      descriptors.append(pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0))
    }
  }

  /// How long poll may wait: not at all, until the next sweep, or for ever when there is nobody to watch.
  private func waitMilliseconds(_ isUrgent: Bool) -> Int32 {
    if cannotAccept { return Self.acceptPauseMilliseconds }
    if isUrgent { return 0 }
    let stop = stopAt.load(ordering: .relaxed)
    if connections.isEmpty, lingering.isEmpty, stop == 0 { return -1 }
    var wake = nextSweep
    if stop != 0 { wake = min(wake, Instant(nanoseconds: stop)) }
    if let due = held.nextDue { wake = min(wake, due) }
    let milliseconds = (wake.nanoseconds - Instant.now.nanoseconds + 999_999) / 1_000_000
    return Int32(clamping: max(milliseconds, 0))
  }

  private func suspendWaiting() {
    for exchange in toSuspend where exchange.stage == .waiting {
      exchange.isSuspended = true
      MHD_suspend_connection(exchange.connection.handle)
    }
    toSuspend.removeAll(keepingCapacity: true)
  }

  // MARK: - The clock

  /// Looks at a part of the connections, so that requests do not wait until all of ten thousand were looked at. Every
  /// `sweepSeconds` all have had their turn.
  private func sweepIfDue() {
    let now = Instant.now
    guard now >= nextSweep else { return }
    let share = Double(Self.sweepPart) / Double(max(connections.count, Self.sweepPart))
    nextSweep = now.adding(seconds: deadlines.sweepSeconds * share)
    if sweepCursor >= connections.count { sweepCursor = 0 }
    let part = connections[sweepCursor...].prefix(Self.sweepPart)
    sweepCursor = part.endIndex
    let isCrowded = connections.count * 8 >= connectionLimit * 7
    for connection in part where !connection.isShutDown {
      connection.noticeClient(now: now, settlingSeconds: deadlines.sweepSeconds)
      if connection.isShutDown { continue }
      switch deadlines.verdict(connection.phase, isCrowded: isCrowded, now: now) {
      case .keep: break
      case .close: connection.shutDown()
      case .refuse:
        answerDirectly(.timeout, on: connection)
        connection.shutDown()
      }
    }
    lingering.removeAll { $0.until < now }
  }

  func linger(_ connection: ConnectionState) {
    guard lingering.count < LingeringSocket.countLimit,
      let socket = LingeringSocket(duplicateOf: connection.socket, now: Instant.now)
    else { return }
    lingering.append(socket)
  }

  private func drainLingering(_ descriptors: [pollfd]) {
    guard descriptors.count > 2 else { return }
    let ready = Set(descriptors.dropFirst(2).filter { $0.revents != 0 }.map(\.fd))
    guard !ready.isEmpty else { return }
    lingering.removeAll { ready.contains($0.descriptor) && !$0.drain() }
  }

  // MARK: - The end

  /// Answers what is left with 503, as far as that is possible without waiting, and closes everything.
  private func finish(_ daemon: OpaquePointer, isListening: Bool) {
    for connection in connections {
      guard let exchange = connection.exchange, exchange.stage == .waiting else { continue }
      answer(exchange, .refusal(.unanswered))
    }
    // The first turn resumes and builds the responses, the second sends what the first did not.
    MHD_run(daemon)
    MHD_run(daemon)
    if isListening { close(MHD_quiesce_daemon(daemon)) }
    MHD_stop_daemon(daemon)
    lingering.removeAll()
  }
}
