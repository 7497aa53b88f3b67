import Cluster
import Crypto
import Testbed
import Testing

@Suite("ECDSA signatures on P-256 with SHA-256")
struct P256PublicKeyTests {
  private static let vector = SignatureVector.p256[0]
  private static let zero = [UInt8](repeating: 0, count: 32)
  private static let one: [UInt8] = zero.dropLast() + [1]
  /// The order of the curve's group (FIPS 186-4, appendix D.1.2.3).
  private static let order: [UInt8] =
    [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 8) + [
      0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ]

  @Test("published signatures are valid, and for any other message they are not", arguments: SignatureVector.p256)
  func vectors(vector: SignatureVector) throws {
    let key = try vector.p256Key()
    let signature = try vector.bytes(vector.signature)
    var message = Array(vector.message.utf8)
    for _ in 1...2 { #expect(try key.isValid(signature, for: message[...])) }
    #expect(try !key.isValid(signature, for: message.dropLast()))
    message[0] ^= 1
    #expect(try !key.isValid(signature, for: message[...]))
  }

  @Test("what openssl signs is valid under its own key only")
  func signed() async throws {
    try await onOwnThread {
      let pair = try TestKeyPair(.p256)
      let message = Array("a message".utf8)
      let signature = try pair.signature(of: message)
      let numbers = try pair.numbers()
      let key = try P256PublicKey(x: numbers[0].bytes, y: numbers[1].bytes)
      #expect(try key.isValid(signature, for: message[...]))
      #expect(try !Self.vector.p256Key().isValid(signature, for: message[...]))
      // The same numbers as libcrypto would take them, which is not what tokens carry.
      let inDER = try pair.encodedSignature(of: message)
      #expect((68...72).contains(inDER.count))
      #expect(try !key.isValid(inDER, for: message[...]))
      #expect(try !key.isValid(Array(inDER.prefix(64)), for: message[...]))
    }
  }

  @Test("a signature of zeros, of the group's order or more, or of another length is wrong")
  func wrongSignatures() throws {
    let key = try Self.vector.p256Key()
    let message = Array(Self.vector.message.utf8)
    let right = try Self.vector.bytes(Self.vector.signature)
    let (r, s) = (Array(right.prefix(32)), Array(right.suffix(32)))
    let all = [UInt8](repeating: 0xFF, count: 32)
    var wrong: [[UInt8]] = [
      [], Self.zero, Self.zero + Self.zero, Self.zero + s, r + Self.zero, Self.zero + Self.one, Self.one + Self.zero,
      Self.one + Self.one, Self.order + s, r + Self.order, Self.order + Self.order, Self.order + Self.one, all + s,
      r + all, all + all, s + r, right.dropLast(), right + [0], [0] + right, r + [0] + s, [0] + r + [0] + s, r, s,
      right + right, [UInt8](repeating: 0, count: 100_000),
    ]
    for index in right.indices {
      var flipped = right
      flipped[index] ^= 0x10
      wrong.append(flipped)
    }
    for signature in wrong { #expect(try !key.isValid(signature, for: message[...])) }
    #expect(try key.isValid(right, for: message[...]))
  }

  @Test("a point that is not on the curve is refused")
  func points() throws {
    let x = try Self.vector.bytes(Self.vector.numbers[0])
    let y = try Self.vector.bytes(Self.vector.numbers[1])
    var wrongY = y
    wrongY[31] ^= 1
    let all = [UInt8](repeating: 0xFF, count: 32)
    for (x, y) in [(x, wrongY), (y, x), (Self.zero, Self.zero), (x, Self.zero), (all, all), (Self.one, Self.one)] {
      #expect(throws: PublicKeyError.invalid) { try P256PublicKey(x: x, y: y) }
    }
  }

  @Test("a coordinate has exactly 32 bytes", arguments: [0, 1, 31, 33, 64])
  func coordinateSizes(byteCount: Int) throws {
    let y = try Self.vector.bytes(Self.vector.numbers[1])
    let other = [UInt8](repeating: 0, count: byteCount)
    #expect(throws: PublicKeyError.coordinateSize) { try P256PublicKey(x: other, y: y) }
    #expect(throws: PublicKeyError.coordinateSize) { try P256PublicKey(x: y, y: other) }
  }
}
