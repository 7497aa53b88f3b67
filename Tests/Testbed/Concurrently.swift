import Foundation
import Locking

/// Runs `body` on so many threads at once and waits for them. Blocks.
public func concurrently<Value: Sendable>(
  _ count: Int, _ body: @escaping @Sendable (Int) throws -> Value
) throws -> [Value] {
  let results = Mutex<[Int: Result<Value, any Error>]>([:])
  let done = DispatchGroup()
  for number in 0..<count {
    done.enter()
    Thread.detachNewThread {
      let result = Result { try body(number) }
      results.withLock { $0[number] = result }
      done.leave()
    }
  }
  done.wait()
  return try results.withLock { results in try (0..<count).compactMap { try results[$0]?.get() } }
}

/// Lets that many threads start their work at the same moment.
public final class StartingLine: Sendable {
  private let missing: Mutex<Int>
  private let everybodyIsHere = DispatchSemaphore(value: 0)

  public init(_ count: Int) { missing = Mutex(count) }

  /// Blocks until all have come.
  public func wait() {
    let isLast = missing.withLock { missing in
      missing -= 1
      return missing == 0
    }
    if !isLast { everybodyIsHere.wait() }
    // Each wakes the next.
    everybodyIsHere.signal()
  }
}

/// Blocking work on a thread of its own, whose result somebody waits for later.
public final class Background<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)
  private let isDone = DispatchSemaphore(value: 0)

  public init(_ body: @escaping @Sendable () throws -> Value) {
    Thread.detachNewThread {
      let result = Result { try body() }
      self.result.withLock { $0 = result }
      self.isDone.signal()
    }
  }

  /// Blocks until the work is done. Once.
  public func value() throws -> Value? {
    isDone.wait()
    return try result.withLock { try $0?.get() }
  }
}
