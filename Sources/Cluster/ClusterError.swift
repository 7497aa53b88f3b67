/// Why a private cluster could not be made, started or stopped: one sentence that says what to do about it.
public struct ClusterError: Error, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
