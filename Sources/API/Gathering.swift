import Locking

/// Waits for a number of answers that come in any order and from any thread, then hands them over in the order asked.
final class Gathering<Value: Sendable>: Sendable {
  private struct State {
    var values: [Value?]
    var missing: Int
  }

  private let state: Mutex<State>
  private let complete: @Sendable ([Value]) -> Void

  /// `complete` is called once, by whoever brings the last of `count` answers, of which there is at least one.
  init(count: Int, complete: @escaping @Sendable ([Value]) -> Void) {
    state = Mutex(State(values: Array(repeating: nil, count: count), missing: count))
    self.complete = complete
  }

  /// Each place is filled once.
  func put(_ value: Value, at place: Int) {
    let all: [Value]? = state.withLock { state in
      guard state.values.indices.contains(place), state.values[place] == nil else { return nil }
      state.values[place] = value
      state.missing -= 1
      return state.missing == 0 ? state.values.compactMap { $0 } : nil
    }
    if let all { complete(all) }
  }
}
