internal import JSON

/// The keys of a JWK Set (RFC 7517, section 5) that verify tokens.
struct JSONWebKeySet {
  /// The longest text, in bytes.
  static let maximumByteCount = 262_144
  /// The most keys, also counting others'.
  static let maximumKeyCount = 100

  /// In the order of the set; two may have the same `kid`.
  let keys: [VerificationKey]
  /// What is wrong with keys that were left out, a sentence each, without any of a key.
  let remarks: [String]

  /// Reads a set. Keys of other types and for other purposes are passed over in silence: a set may hold others' keys.
  init(_ text: [UInt8]) throws(JSONWebKeySetError) {
    guard text.count <= Self.maximumByteCount else { throw .tooLong }
    guard case .object(let set)? = try? parseJSON(text, maximumDepth: 16), case .array(let members)? = set["keys"]
    else { throw .malformed }
    guard members.count <= Self.maximumKeyCount else { throw .tooManyKeys }
    var keys: [VerificationKey] = []
    var remarks: [String] = []
    for (index, member) in members.enumerated() {
      switch JSONWebKey(member) {
      case .usable(let key): keys.append(key)
      case .foreign: break
      case .refused(let reason): remarks.append("Key \(index + 1) of the set is left out. \(reason)")
      }
    }
    self.keys = keys
    self.remarks = remarks
  }
}

/// Why a text is no JWK Set.
enum JSONWebKeySetError: Error, Equatable, CustomStringConvertible {
  case tooLong
  /// No strict JSON, or no object with an array `keys`.
  case malformed
  case tooManyKeys

  /// One sentence.
  var description: String {
    switch self {
    case .tooLong: "The key set is longer than \(JSONWebKeySet.maximumByteCount) bytes."
    case .malformed: "The key set is no JSON object with an array of keys (RFC 7517)."
    case .tooManyKeys: "The key set has more than \(JSONWebKeySet.maximumKeyCount) keys."
    }
  }
}
