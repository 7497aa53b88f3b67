/// What one check found.
public struct CheckResult: Sendable, Equatable {
  /// The name of its file below `sql/checks`, without `.sql`.
  public let name: String
  /// The invariant in one sentence.
  public let invariant: String
  /// One sentence each; empty: the invariant holds. May name organizations and keys: for operators.
  public let violations: [String]

  public var holds: Bool { violations.isEmpty }

  /// For people: the check's line, then one line a violation.
  public var lines: [String] {
    ["\(holds ? "holds" : "VIOLATED"): \(name): \(invariant)"] + violations.map { "  \($0)" }
  }
}
