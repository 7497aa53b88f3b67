import Crypto
import Testing

@Suite("AES-256-GCM")
struct AES256GCMTests {
  struct Vector: Sendable {
    let key: String, nonce: String, message: String, associatedData: String, sealed: String
  }

  /// Test cases 13 to 16 of "The Galois/Counter Mode of Operation" (McGrew and Viega), which NIST's SP 800-38D refers
  /// to: the ciphertext, and the tag behind it.
  static let vectors = [
    Vector(
      key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12), message: "",
      associatedData: "", sealed: "530f8afbc74536b9a963b4f1c4cb738b"),
    Vector(
      key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12),
      message: String(repeating: "00", count: 16), associatedData: "",
      sealed: "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"),
    Vector(
      key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", nonce: "cafebabefacedbaddecaf888",
      message: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
        + "b16aedf5aa0de657ba637b391aafd255",
      associatedData: "",
      sealed: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
        + "c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c"),
    Vector(
      key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", nonce: "cafebabefacedbaddecaf888",
      message: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
        + "b16aedf5aa0de657ba637b39",
      associatedData: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      sealed: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
        + "c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"),
  ]

  private static func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = Array(hexadecimal.utf8)
    return stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16)
    }
  }

  @Test("the published vectors seal to what was published, and open again", arguments: vectors)
  func published(vector: Vector) throws {
    let cipher = try AES256GCM(key: Secret(Self.bytes(vector.key)))
    let (nonce, data) = (Self.bytes(vector.nonce), Self.bytes(vector.associatedData))
    let sealed = try cipher.seal(Secret(Self.bytes(vector.message)), nonce: nonce, associatedData: data)
    #expect(sealed == Self.bytes(vector.sealed))
    #expect(try cipher.open(sealed, nonce: nonce, associatedData: data)?.copy() == Self.bytes(vector.message))
  }

  @Test("another key, nonce, associated data, ciphertext, tag or length does not open")
  func tampered() throws {
    let vector = Self.vectors[3]
    let key = Self.bytes(vector.key)
    let cipher = try AES256GCM(key: Secret(key))
    let (nonce, data, sealed) = (
      Self.bytes(vector.nonce), Self.bytes(vector.associatedData), Self.bytes(vector.sealed)
    )
    let otherKey = try AES256GCM(key: Secret(Array(key.reversed())))
    #expect(try otherKey.open(sealed, nonce: nonce, associatedData: data) == nil)
    #expect(try cipher.open(sealed, nonce: Array(nonce.reversed()), associatedData: data) == nil)
    #expect(try cipher.open(sealed, nonce: nonce, associatedData: data + [0]) == nil)
    #expect(try cipher.open(sealed, nonce: nonce, associatedData: []) == nil)
    for index in sealed.indices {
      var changed = sealed
      changed[index] ^= 0x80
      #expect(try cipher.open(changed, nonce: nonce, associatedData: data) == nil)
    }
    for count in 0..<sealed.count {
      #expect(try cipher.open(Array(sealed.prefix(count)), nonce: nonce, associatedData: data) == nil)
    }
  }

  @Test("keys of 32 bytes and nonces of 12 are taken, and no others")
  func lengths() throws {
    for count in [0, 16, 24, 31, 33] {
      #expect(throws: CryptoError.invalidLength) { try AES256GCM(key: Secret([UInt8](repeating: 1, count: count))) }
    }
    let cipher = try AES256GCM(key: Secret([UInt8](repeating: 1, count: 32)))
    for count in [0, 8, 11, 13, 16] {
      #expect(throws: CryptoError.invalidLength) {
        try cipher.seal(Secret("a"), nonce: [UInt8](repeating: 1, count: count), associatedData: [])
      }
    }
  }
}
