import Locking
import Tokens

/// Who asks for an access token while somebody already does, for the same credential and on the same behalf, waits for
/// that answer instead of asking again.
final class RefreshFlights: Sendable {
  typealias Completion = @Sendable (Result<AccessToken, VaultFailure>) -> Void

  private struct Flight {
    let number: Int
    var waiting: [Completion]
  }

  private struct State {
    var flights: [CredentialOwner: Flight] = [:]
    var lastNumber = 0
    var waitingCount = 0
  }

  enum Place: Equatable {
    /// Nobody asks yet: whoever gets this does, and finishes the flight of this number.
    case first(number: Int)
    case joined
    /// Too many wait already.
    case full
  }

  private static let limit = 20_000

  private let state = Mutex(State())

  func join(_ owner: CredentialOwner, _ completion: @escaping Completion) -> Place {
    state.withLock { state in
      guard state.waitingCount < Self.limit else { return .full }
      state.waitingCount += 1
      if state.flights[owner] != nil {
        state.flights[owner]?.waiting.append(completion)
        return .joined
      }
      state.lastNumber += 1
      state.flights[owner] = Flight(number: state.lastNumber, waiting: [completion])
      return .first(number: state.lastNumber)
    }
  }

  /// Answers all who wait for this flight; nobody, when it was finished before.
  func finish(_ owner: CredentialOwner, number: Int, _ result: Result<AccessToken, VaultFailure>) {
    let waiting = state.withLock { state -> [Completion] in
      guard let flight = state.flights[owner], flight.number == number else { return [] }
      state.flights[owner] = nil
      state.waitingCount -= flight.waiting.count
      return flight.waiting
    }
    for completion in waiting { completion(result) }
  }
}
