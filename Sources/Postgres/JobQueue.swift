/// The jobs that wait for a lane, first in, first out, and never more than the limit.
final class JobQueue: Sendable {
  private struct State: Sendable {
    /// The jobs from `head` on are waiting; those before it are taken.
    var jobs: [Job?] = []
    var head = 0
    var isClosed = false
  }

  private let limit: Int
  private let state = Monitor(State())

  init(limit: Int) { self.limit = limit }

  /// - Returns: why the job is not taken, nil when it is.
  func add(_ job: Job) -> PostgresError? {
    let refusal: PostgresError? = state.withLock { state in
      guard !state.isClosed else { return PostgresError(kind: .shutDown) }
      guard state.jobs.count - state.head < limit else { return PostgresError(kind: .queueFull) }
      state.jobs.append(job)
      return nil
    }
    if refusal == nil { state.wakeOne() }
    return refusal
  }

  /// Blocks until there is a job. Nil when the queue is closed and all its jobs are taken.
  func next() -> Job? {
    state.wait { state -> Job?? in
      guard state.head < state.jobs.count else { return state.isClosed ? .some(nil) : nil }
      let job = state.jobs[state.head]
      state.jobs[state.head] = nil
      state.head += 1
      if state.head == state.jobs.count {
        state.jobs.removeAll(keepingCapacity: true)
        state.head = 0
      } else if state.head > 1024, state.head * 2 > state.jobs.count {
        // Each removal moves fewer jobs than were taken since the last one.
        state.jobs.removeFirst(state.head)
        state.head = 0
      }
      return .some(job)
    }
  }

  /// Takes no more jobs. Those that wait are still given out.
  func close() {
    state.withLock { $0.isClosed = true }
    state.wakeAll()
  }
}
