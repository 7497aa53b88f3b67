import Glibc

/// A value under a lock, and a way to wait until it changes: a pthread mutex with its condition variable.
///
/// `@unchecked Sendable`: `state` is touched only with the mutex held, and the two pointers never change.
final class Monitor<State: Sendable>: @unchecked Sendable {
  private var state: State
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>

  init(_ state: State) {
    self.state = state
    // On the heap: a mutex must not move, and Swift may copy a stored one.
    mutex = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    changed.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  func withLock<Value>(_ body: (inout State) -> Value) -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&state)
  }

  /// Blocks the thread until `attempt` gives a value; it is asked at once and after each wake-up.
  func wait<Value>(for attempt: (inout State) -> Value?) -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let value = attempt(&state) { return value }
      pthread_cond_wait(changed, mutex)
    }
  }

  func wakeOne() { pthread_cond_signal(changed) }
  func wakeAll() { pthread_cond_broadcast(changed) }
}
