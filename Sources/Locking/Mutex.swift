import Glibc

/// A value that one thread at a time may use: pthread's mutex, and the value in memory of its own.
///
/// Used as `Synchronization.Mutex` is. That one waits in the kernel by FUTEX_LOCK_PI, where ThreadSanitizer does not see
/// the order it makes, and calls each use a race (docs/decisions/0020-a-mutex-that-tools-know.md).
public struct Mutex<Value: ~Copyable>: ~Copyable {
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let value: UnsafeMutablePointer<Value>

  /// A free lock over a value that nobody else has.
  public init(_ initial: consuming sending Value) {
    lock = .allocate(capacity: 1)
    value = .allocate(capacity: 1)
    value.initialize(to: initial)
    // Fails for attributes only, and there are none.
    pthread_mutex_init(lock, nil)
  }

  deinit {
    pthread_mutex_destroy(lock)
    lock.deallocate()
    value.deinitialize(count: 1)
    value.deallocate()
  }

  /// Lends the value, once nobody else has it. Not to be called again from inside of it.
  ///
  /// - Parameter body: uses the value; what it gets must not outlive the call.
  /// - Returns: what the body returns.
  /// - Throws: what the body throws.
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return try body(&value.pointee)
  }
}

// Unchecked: the value is reached through withLock alone, which holds the lock; neither pointer ever changes.
extension Mutex: @unchecked Sendable where Value: ~Copyable {}
