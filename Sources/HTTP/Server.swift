import CMicroHTTPD
import Glibc
import Locking

import struct Synchronization.Atomic

/// An HTTP/1.1 server on one event-loop thread.
///
/// Handlers run on that thread and must not block it; their answers may come from any thread. A server runs once:
/// `start()`, perhaps `beginDraining()`, `stop(deadlineSeconds:)`.
public final class Server: Sendable {
  private enum State {
    case new
    case running(pthread_t)
    case stopped
  }

  private let loop: EventLoop
  private let state = Mutex(State.new)
  private let boundPort = Atomic<UInt16>(0)

  /// - Throws: `ServerError.configuration` for a limit that is not positive, or without descriptors.
  public init(_ configuration: ServerConfiguration, router: Router) throws(ServerError) {
    guard configuration.maximumConnections > 0, configuration.headerBlockLimitBytes >= 512,
      configuration.headerCountLimit > 0, configuration.requestsPerConnectionLimit > 0,
      configuration.bodyBytesPerSecondMinimum > 0, (configuration.maximumConnectionsPerAddress ?? 1) > 0,
      configuration.headerTimeoutSeconds > 0, configuration.writeTimeoutSeconds > 0,
      configuration.idleTimeoutSeconds > 0, configuration.maximumBodyBytes > 0,
      configuration.heldAnswerSeconds >= 0, configuration.descriptorsForOthers >= 0
    else { throw ServerError.configuration("every limit must be positive, and the header block's at least 512 bytes") }
    loop = try EventLoop(configuration, router: router)
  }

  deinit {
    stop(deadlineSeconds: 0)
  }

  /// The port that is listened on: the configured one, or the one that was free. 0 before `start()`.
  public var port: UInt16 { boundPort.load(ordering: .relaxed) }

  /// How many connections there can be at most: as many as configured, or fewer where the process may not open as many
  /// files. Known once the server was made.
  public var connectionLimit: Int { loop.connectionLimit }

  /// Requests whose header block was accepted and whose response is not sent yet.
  public var inFlightCount: Int { loop.inFlightCount.load(ordering: .relaxed) }

  /// Connections that are open.
  public var connectionCount: Int { loop.connectionCount.load(ordering: .relaxed) }

  /// Binds, listens, and starts the event loop's thread.
  public func start() throws(ServerError) {
    let loop = loop
    let started = state.withLock { state -> Result<UInt16, ServerError> in
      guard case .new = state else { return .failure(.alreadyStarted) }
      do throws(ServerError) {
        let (thread, port) = try Self.launch(loop)
        state = .running(thread)
        return .success(port)
      } catch {
        return .failure(error)
      }
    }
    boundPort.store(try started.get(), ordering: .relaxed)
  }

  /// From now on every response closes its connection, so that clients go elsewhere. New connections and requests are
  /// still served.
  public func beginDraining() {
    loop.isDraining.store(true, ordering: .relaxed)
  }

  /// Stops accepting, waits until every accepted request is answered or the deadline has passed, then closes all
  /// connections. What is unanswered by then gets 503.
  ///
  /// Blocks the calling thread, which must be neither one of Swift's cooperative pool nor the event loop's (a handler's,
  /// where it only begins the stop). A second call returns at once.
  public func stop(deadlineSeconds: Double) {
    let thread = state.withLock { state -> pthread_t? in
      defer { state = .stopped }
      guard case .running(let thread) = state else { return nil }
      return thread
    }
    guard let thread else { return }
    beginDraining()
    loop.stopAt.store(max(Instant.now.adding(seconds: deadlineSeconds).nanoseconds, 1), ordering: .relaxed)
    loop.queue.wake()
    if pthread_equal(thread, pthread_self()) != 0 {
      pthread_detach(thread)
    } else {
      pthread_join(thread, nil)
    }
  }

  // MARK: - Starting

  private static func launch(_ loop: EventLoop) throws(ServerError) -> (thread: pthread_t, port: UInt16) {
    let socket = try ListenSocket(host: loop.configuration.host, port: loop.configuration.port)
    let port = socket.port
    guard let daemon = startDaemon(loop, listenSocket: socket.descriptor) else {
      // The library closes the socket on some of its failures, so it is not closed again here.
      _ = socket.release()
      throw ServerError.library
    }
    _ = socket.release()
    let start = LoopStart(loop: loop, daemon: daemon)
    var thread = pthread_t()
    let code = withAllSignalsBlocked {
      pthread_create(&thread, nil, runEventLoop, Unmanaged.passRetained(start).toOpaque())
    }
    guard code == 0 else {
      Unmanaged.passUnretained(start).release()
      MHD_stop_daemon(daemon)
      throw ServerError.cannotStartThread(code: code)
    }
    return (thread, port)
  }

  private static func startDaemon(_ loop: EventLoop, listenSocket: Int32) -> OpaquePointer? {
    let configuration = loop.configuration
    var settings = microhttpd_settings()
    settings.listen_socket = listenSocket
    settings.connection_limit = UInt32(clamping: loop.connectionLimit)
    // Half as much again for the library's records of the header block and the response's headers. The library clears
    // all of it after each request.
    settings.connection_memory_bytes = configuration.headerBlockLimitBytes * 3 / 2
    // Strictness would make this version answer a missing Host by itself, in HTML and without a request id, and close
    // without a word on a space in the target. The gate refuses both, and says so.
    settings.strict_for_client = 0
    settings.closure = Unmanaged.passUnretained(loop).toOpaque()
    settings.accept = mayConnect
    settings.access = requestNeedsAttention
    settings.target_received = targetWasReceived
    settings.completed = requestWasCompleted
    settings.connection_changed = connectionHasChanged
    settings.trouble = libraryHasTrouble
    return microhttpd_start(&settings)
  }
}

/// What the new thread needs; it keeps the loop alive until the daemon is gone.
private final class LoopStart {
  let loop: EventLoop
  let daemon: OpaquePointer

  init(loop: EventLoop, daemon: OpaquePointer) {
    self.loop = loop
    self.daemon = daemon
  }
}

private func runEventLoop(argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let start = Unmanaged<LoopStart>.fromOpaque(argument).takeRetainedValue()
  start.loop.run(start.daemon)
  return nil
}

/// A thread started inside inherits the mask: signals are for the threads that wait for them.
private func withAllSignalsBlocked(_ body: () -> Int32) -> Int32 {
  var all = sigset_t()
  var previous = sigset_t()
  sigfillset(&all)
  pthread_sigmask(SIG_SETMASK, &all, &previous)
  defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
  return body()
}
