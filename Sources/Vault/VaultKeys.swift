public import Crypto

/// The keys that secrets are sealed with: one for what is sealed from now on, and those that older values need.
public struct VaultKeys: Sendable {
  /// As many as anybody needs at the same time, and few enough to be listed.
  public static let countRange = 1...16

  struct Key: Sendable {
    let id: String
    let cipher: AES256GCM
  }

  let current: Key
  private let all: [Key]

  /// Reads `id:base64`, several separated by commas, the current one first: ids are 1 to 32 of `A-Z a-z 0-9 . _ -`, keys
  /// are 32 bytes in Base64 with padding.
  ///
  /// - Returns: nil for anything else, for an id and for a key that comes twice.
  public init?(_ setting: String) {
    var keys: [Key] = []
    var known: [Secret] = []
    for part in setting.split(separator: ",", omittingEmptySubsequences: false) {
      let halves = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard halves.count == 2, Self.isIdentifier(halves[0]), !keys.contains(where: { $0.id == halves[0] }),
        let bytes = decodeBase64(halves[1]), !known.contains(where: { constantTimeEquals($0.copy(), bytes) }),
        let cipher = try? AES256GCM(key: Secret(bytes))
      else { return nil }
      keys.append(Key(id: halves[0], cipher: cipher))
      known.append(Secret(bytes))
    }
    guard Self.countRange.contains(keys.count), let first = keys.first else { return nil }
    current = first
    all = keys
  }

  /// A new key of 32 random bytes, as the setting has it.
  ///
  /// - Parameter id: 1 to 32 of `A-Z a-z 0-9 . _ -`.
  /// - Returns: `id:base64`.
  /// - Throws: `CryptoError` when there is no entropy.
  public static func make(id: String) throws(CryptoError) -> String {
    "\(id):\(encodeBase64(try randomBytes(AES256GCM.keyByteCount)))"
  }

  /// The id of the key that new values are sealed with.
  public var currentID: String { current.id }

  /// The ids of all keys, the current one first.
  public var ids: [String] { all.map(\.id) }

  func key(_ id: String) -> Key? { all.first { $0.id.utf8.elementsEqual(id.utf8) } }

  static func isIdentifier(_ text: String) -> Bool {
    (1...32).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}

extension VaultKeys: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The ids, which are no secret.
  public var description: String { ids.joined(separator: ", ") }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
