/// One part of the server that reads what clients send, and what must hold whatever that is.
public struct FuzzTarget: Sendable {
  /// The name of its folder below `Fuzz/corpus`.
  public let name: String
  /// Looks at one input.
  ///
  /// - Throws: `Finding` when something does not hold that must; other errors when it could not look.
  public let examine: @Sendable ([UInt8]) throws -> Void

  /// All of them.
  public static let all = [
    requestTarget, headerGate, json, token, cursor, idempotencyKey, time, identifier, stripeSignature,
  ]
}

/// What does not hold.
public struct Finding: Error, CustomStringConvertible {
  /// One sentence.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// Throws a finding unless the condition holds.
func require(_ condition: Bool, _ sentence: String) throws(Finding) {
  if !condition { throw Finding(sentence) }
}
