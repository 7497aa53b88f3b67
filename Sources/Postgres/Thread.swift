import Glibc

/// A thread that may block, which Swift's own must not.
struct Thread: Sendable {
  private let identifier: pthread_t

  /// Starts the thread. Nil when the system has no more of them.
  ///
  /// - Parameters:
  ///   - name: shown by `top -H`; the system keeps the first 15 bytes.
  ///   - body: what the thread does.
  init?(name: String, _ body: @escaping @Sendable () -> Void) {
    var started = pthread_t()
    let main = Unmanaged.passRetained(Main(name: name, body: body))
    let failure = pthread_create(
      &started, nil,
      { context in
        if let context { Unmanaged<Main>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      }, main.toOpaque())
    guard failure == 0 else {
      main.release()
      return nil
    }
    identifier = started
  }

  var isCurrent: Bool { pthread_equal(identifier, pthread_self()) != 0 }

  /// Waits for the end of the thread. Once, and then neither this nor `detach` again.
  func join() { pthread_join(identifier, nil) }

  /// Lets the thread end by itself.
  func detach() { pthread_detach(identifier) }

  private final class Main: Sendable {
    private let name: String
    private let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }

    func run() {
      // Signals are the business of the thread that waits for them.
      var signals = sigset_t()
      sigfillset(&signals)
      pthread_sigmask(SIG_BLOCK, &signals, nil)
      showName()
      body()
    }

    /// Best effort: without /proc the thread keeps the name of the process.
    private func showName() {
      let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
      guard file >= 0 else { return }
      let bytes = Array(name.utf8.prefix(15))
      _ = write(file, bytes, bytes.count)
      close(file)
    }
  }
}
