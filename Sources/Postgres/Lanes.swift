/// Threads that each own one connection and take jobs from one bounded queue, in order. `Lanes(count: 1)` is a lane.
///
/// A thread connects when its first job comes. While the database cannot be reached jobs fail at once with kind
/// `connectionFailed`, and connecting is tried again after 100 ms, then less and less often, every 5 s at the least.
/// A job whose connection was lost is not run again: only its owner knows whether it may be.
public final class Lanes: Sendable {
  private enum Phase: Sendable {
    case running([Thread])
    case joining([Thread])
    case ended
  }

  private let queue: JobQueue
  private let phase: Monitor<Phase>

  /// - Parameters:
  ///   - name: of the threads, as the system shows them.
  ///   - settings: of each connection.
  ///   - count: how many threads and connections; less than 1 is taken as 1.
  ///   - queueLimit: how many jobs may wait; further ones are refused with kind `queueFull`.
  public init(name: String, settings: ConnectionSettings, count: Int, queueLimit: Int = 10_000) {
    let queue = JobQueue(limit: queueLimit)
    let threads = (0..<max(count, 1)).compactMap { number in
      Thread(name: "\(name)-\(number)") {
        var lane = Lane(settings)
        while let job = queue.next() { lane.perform(job) }
      }
    }
    // Without a single thread nothing would ever answer.
    if threads.isEmpty { queue.close() }
    self.queue = queue
    phase = Monitor(.running(threads))
  }

  /// Lets the threads finish what is queued and end by themselves.
  deinit {
    queue.close()
    if case .running(let threads) = phase.withLock({ $0 }) { threads.forEach { $0.detach() } }
  }

  /// Queues a job.
  ///
  /// - Parameters:
  ///   - work: runs on a thread of the lanes and may block. It must not keep the connection, and it must end the
  ///     transactions it begins: one left open is rolled back and the job fails with SQLSTATE 25000.
  ///   - completion: called exactly once, on the thread of the lane, or on the caller's when the job is refused at
  ///     once with kind `queueFull` or `shutDown`. It must not block for long, as the lane waits for it.
  public func submit<Value: Sendable>(
    _ work: @escaping @Sendable (inout Connection) throws -> Value,
    completion: @escaping @Sendable (Result<Value, any Error>) -> Void
  ) {
    let job = Job(work, completion: completion)
    if let refusal = queue.add(job) { job.refuse(refusal) }
  }

  /// Queues a job and waits for its result without blocking a thread. Cancelling the task does not stop the job.
  public func run<Value: Sendable>(
    _ work: @escaping @Sendable (inout Connection) throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      submit(work) { continuation.resume(with: $0) }
    }
  }

  /// Refuses new jobs, finishes what is queued, closes the connections and waits for the threads to end.
  ///
  /// Blocks: from `async` code use `finish()`. May be called many times and from several threads; each call returns
  /// when all is done. From a job or its completion it only refuses new jobs, since a thread cannot wait for itself.
  public func shutDown() {
    queue.close()
    let toJoin: [Thread]? = phase.wait { phase in
      switch phase {
      case .running(let threads):
        guard !threads.contains(where: \.isCurrent) else { return .some(nil) }
        phase = .joining(threads)
        return .some(threads)
      case .joining(let threads):
        return threads.contains(where: \.isCurrent) ? .some(nil) : nil
      case .ended:
        return .some(nil)
      }
    }
    guard let toJoin else { return }
    toJoin.forEach { $0.join() }
    phase.withLock { $0 = .ended }
    phase.wakeAll()
  }

  /// `shutDown()` for `async` code: blocks a thread of its own instead of the caller's.
  public func finish() async {
    await withCheckedContinuation { continuation in
      let waiter = Thread(name: "shutdown") { [self] in
        shutDown()
        continuation.resume()
      }
      if let waiter {
        waiter.detach()
      } else {
        shutDown()
        continuation.resume()
      }
    }
  }
}
