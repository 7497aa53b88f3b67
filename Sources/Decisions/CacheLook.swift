import Tokens

/// What PostgreSQL says to a question at one moment.
enum CacheLook: Sendable {
  case answer(CacheAnswer)
  /// Somebody else has the call.
  case wait(OpenLease)
}

/// Somebody's lease, as it was found.
struct OpenLease: Sendable {
  let id: LeaseID
  /// How long it lasts, by the database's clock.
  let milliseconds: Int64
  /// How long others wait for it unless they say.
  let waitSeconds: Int64
}
