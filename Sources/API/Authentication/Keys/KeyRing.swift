/// The keys that tokens are verified with, as of one moment.
struct KeyRing: Sendable {
  /// Those of the settings.
  let fixed: [VerificationKey]
  /// Whether there is a key set besides.
  let hasOrigin: Bool
  /// Those of the key set; nil before it was first found, and once it is too old.
  var published: [VerificationKey]?

  /// With more keys than these that could have made a token's signature, the others are not tried: trying costs time,
  /// and who has so many keys names them.
  private static let maximumCandidateCount = 10

  /// The keys that may have made a token's signature, by its header.
  ///
  /// - Throws: `TokenError` when there is none.
  func candidates(for header: TokenHeader) throws(TokenError) -> [VerificationKey] {
    let ofAlgorithm = (fixed + (published ?? [])).filter { $0.algorithm.utf8.elementsEqual(header.algorithm.utf8) }
    let ofIdentifier = ofAlgorithm.filter { key in
      guard let wanted = header.keyIdentifier, let identifier = key.identifier else { return true }
      return identifier.utf8.elementsEqual(wanted.utf8)
    }
    guard ofIdentifier.isEmpty else { return Array(ofIdentifier.prefix(Self.maximumCandidateCount)) }
    if mayHave(header.algorithm), published == nil { throw TokenError(.keysUnavailable) }
    if mayHave(header.algorithm) || !ofAlgorithm.isEmpty { throw TokenError(.unknownKey) }
    throw TokenError(.algorithmNotAllowed)
  }

  /// What is wrong with a token that none of the candidates has signed. That a key without a name did not make it says
  /// nothing about the one that it names.
  func reasonOfRefusal(_ header: TokenHeader, by candidates: [VerificationKey]) -> TokenError.Reason {
    let isNamed = header.keyIdentifier == nil || candidates.contains { $0.identifier != nil }
    return isNamed || !mayHave(header.algorithm) ? .wrongSignature : .unknownKey
  }

  /// Whether the key set may have a key for an algorithm, now or after its next change.
  private func mayHave(_ algorithm: String) -> Bool {
    hasOrigin && VerificationKey.publicAlgorithms.contains { $0.utf8.elementsEqual(algorithm.utf8) }
  }
}
