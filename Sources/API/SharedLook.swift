import Locking

/// Looks at something for everybody who asks: once at a time, and what was seen serves for a while.
final class SharedLook<Value: Sendable>: Sendable {
  private struct State: Sendable {
    var seen: (value: Value, atMilliseconds: Int64)?
    /// Who waits for the look that is under way; nil where none is.
    var waiting: [@Sendable (Value) -> Void]?
  }

  private enum Answer {
    case seen(Value)
    case looks
    case waits
  }

  private let milliseconds: Int64
  private let clock: SteadyMilliseconds
  private let look: @Sendable (_ completion: @escaping @Sendable (Value) -> Void) -> Void
  private let state = Mutex(State())

  /// - Parameters:
  ///   - milliseconds: for how long what was seen serves, from when the look began.
  ///   - clock: tells how long ago that was.
  ///   - look: looks, and calls its completion once, from any thread.
  init(
    milliseconds: Int64 = 1_000, clock: SteadyMilliseconds = .system,
    look: @escaping @Sendable (_ completion: @escaping @Sendable (Value) -> Void) -> Void
  ) {
    self.milliseconds = milliseconds
    self.clock = clock
    self.look = look
  }

  /// Tells what is seen, at once or when the look is done.
  func ask(_ completion: @escaping @Sendable (Value) -> Void) {
    let now = clock.now
    let answer: Answer = state.withLock { state in
      if let seen = state.seen, now - seen.atMilliseconds < milliseconds { return .seen(seen.value) }
      guard state.waiting == nil else {
        state.waiting?.append(completion)
        return .waits
      }
      state.waiting = [completion]
      return .looks
    }
    switch answer {
    case .seen(let value): completion(value)
    case .waits: break
    case .looks:
      look { [self] value in
        let waiting = state.withLock { state in
          state.seen = (value, now)
          return state.waiting.take() ?? []
        }
        for completion in waiting { completion(value) }
      }
    }
  }
}
