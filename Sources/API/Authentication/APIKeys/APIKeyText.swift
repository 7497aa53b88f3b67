internal import Crypto
public import Tokens

/// The text of an API key: `tg_live_<public id>_<secret><checksum>`, 77 characters.
///
/// The public id is a UUID in 22 digits of base 62. The secret has 40 random ones, 238 bits. The checksum is the CRC-32 of
/// all that comes before it, in 6: whoever scans texts for secrets recognises a key without asking anybody, and what was
/// mistyped or cut off costs no look-up.
public struct APIKeyText: Sendable {
  /// What every key begins with, and nothing else that is sent as a bearer token.
  static let prefix = "tg_live_"
  static let secretDigitCount = 40
  static let checksumDigitCount = 6
  static let byteCount = prefix.utf8.count + Base62.wideDigitCount + 1 + secretDigitCount + checksumDigitCount

  /// The public id.
  public let id: APIKeyID
  /// SHA-256 of the whole text: all that is kept of a key.
  public let digest: [UInt8]

  /// Takes a key apart; nil for anything but the text of a key whose checksum is right. Whether there is such a key is not
  /// known then.
  public init?(_ text: ArraySlice<UInt8>) {
    guard text.count == Self.byteCount, text.starts(with: Self.prefix.utf8) else { return nil }
    let afterPrefix = text.dropFirst(Self.prefix.utf8.count)
    let secret = afterPrefix.dropFirst(Base62.wideDigitCount + 1).dropLast(Self.checksumDigitCount)
    guard let bits = Base62.decode(afterPrefix.prefix(Base62.wideDigitCount)),
      afterPrefix.dropFirst(Base62.wideDigitCount).first == UInt8(ascii: "_"), Base62.isText(secret),
      text.suffix(Self.checksumDigitCount).elementsEqual(Self.checksum(of: text.dropLast(Self.checksumDigitCount)))
    else { return nil }
    id = APIKeyID(bits: bits)
    digest = sha256(Array(text))
  }

  /// Makes a key that nobody has had before.
  ///
  /// - Parameter clock: the time that its id is ordered by.
  /// - Returns: the key as it is shown, once, and what is kept of it.
  /// - Throws: `KeyMakingError`.
  public static func make(clock: WallClock = .system) throws(KeyMakingError) -> (text: String, key: APIKeyText) {
    let id = TransactionID.timeOrdered(milliseconds: UInt64(clamping: clock.milliseconds))
    let secret: [UInt8]
    do { secret = try Base62.random(digitCount: secretDigitCount) } catch { throw KeyMakingError() }
    var text = Array(publicPart(of: APIKeyID(bits: id.bits)).utf8) + secret
    text += checksum(of: text[...])
    guard let key = APIKeyText(text[...]) else { throw KeyMakingError() }
    return (String(decoding: text, as: UTF8.self), key)
  }

  /// What a key with this id begins with, up to its secret. It may be shown.
  public static func publicPart(of id: APIKeyID) -> String {
    prefix + String(decoding: Base62.encode(id.bits, digitCount: Base62.wideDigitCount), as: UTF8.self) + "_"
  }

  /// The id in a key, or in the public beginning of one, with or without the underscore behind it; nil for any other
  /// text.
  public static func identifier(in text: String) -> APIKeyID? {
    let bytes = Array(text.utf8)
    guard bytes.starts(with: prefix.utf8) else { return nil }
    let afterPrefix = bytes.dropFirst(prefix.utf8.count)
    let behind = afterPrefix.dropFirst(Base62.wideDigitCount).first
    guard afterPrefix.count >= Base62.wideDigitCount, behind == nil || behind == UInt8(ascii: "_") else { return nil }
    return Base62.decode(afterPrefix.prefix(Base62.wideDigitCount)).map(APIKeyID.init(bits:))
  }

  private static func checksum(of text: ArraySlice<UInt8>) -> [UInt8] {
    Base62.encode(UInt128(crc32(text)), digitCount: checksumDigitCount)
  }
}

/// No key could be made: libcrypto has no random numbers.
public struct KeyMakingError: Error, Sendable, CustomStringConvertible {
  /// One sentence that says what to do.
  public var description: String { "libcrypto has no random numbers; check the installation of OpenSSL 3." }
}
