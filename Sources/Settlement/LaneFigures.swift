/// What a lane has done so far, and what waits for it.
public struct LaneFigures: Sendable {
  /// What is counted, from the start on.
  public struct Counts: Sendable {
    /// Batches that PostgreSQL answered.
    public internal(set) var batches = 0
    /// Requests in those.
    public internal(set) var items = 0
    /// How long PostgreSQL worked at them.
    public internal(set) var busyMilliseconds: Int64 = 0
    /// Batches that failed, whether they were sent again or not.
    public internal(set) var failures = 0
    /// Requests refused because too many waited.
    public internal(set) var refused = 0
    /// Requests that waited too long and were not sent.
    public internal(set) var expired = 0
  }

  /// Of the lane's thread: what it does and its number.
  public let name: String
  public let counts: Counts
  /// Requests.
  public let waiting: Int
}
