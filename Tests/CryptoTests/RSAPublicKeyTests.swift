import Cluster
import Crypto
import Testbed
import Testing

@Suite("RSA signatures with SHA-256")
struct RSAPublicKeyTests {
  /// One for all: making it takes long.
  private static let pair = Result { try TestKeyPair(.rsa) }
  private static let message = Array("a message".utf8)

  private static func key() throws -> RSAPublicKey {
    let numbers = try pair.get().numbers()
    return try RSAPublicKey(modulus: numbers[0].bytes, exponent: numbers[1].bytes)
  }

  @Test("the examples of the RFCs are valid, and any other message is not", arguments: SignatureVector.rsa)
  func vectors(vector: SignatureVector) throws {
    let key = try vector.rsaKey()
    let signature = try vector.bytes(vector.signature)
    var message = Array(vector.message.utf8)
    for _ in 1...2 { #expect(try key.isValid(signature, for: message[...])) }
    #expect(try !key.isValid(signature, for: message.dropLast()))
    #expect(try !key.isValid(signature, for: []))
    message[0] ^= 1
    #expect(try !key.isValid(signature, for: message[...]))
  }

  @Test("what openssl signs is valid under its own key only")
  func signed() async throws {
    try await onOwnThread {
      let signature = try Self.pair.get().signature(of: Self.message)
      #expect(try Self.key().isValid(signature, for: Self.message[...]))
      for vector in SignatureVector.rsa {
        #expect(try !vector.rsaKey().isValid(signature, for: Self.message[...]))
      }
    }
  }

  @Test("a signature that is changed, shortened, prolonged or no number below the modulus is wrong")
  func wrongSignatures() async throws {
    try await onOwnThread {
      let key = try Self.key()
      let right = try Self.pair.get().signature(of: Self.message)
      let modulus = try Self.pair.get().numbers()[0].bytes
      var wrong: [[UInt8]] = [
        [], [0], right.dropLast(), right + [0], [0] + right, right + right, Array(right.dropFirst()),
        [UInt8](repeating: 0, count: 256), [UInt8](repeating: 0, count: 255) + [1],
        [UInt8](repeating: 0xFF, count: 256), modulus, right.reversed(), right.map { ~$0 },
      ]
      for index in stride(from: 0, to: right.count, by: 17) {
        var flipped = right
        flipped[index] ^= 0x40
        wrong.append(flipped)
      }
      for signature in wrong { #expect(try !key.isValid(signature, for: Self.message[...])) }
    }
  }

  @Test("another digest or another padding under the same key is wrong")
  func otherSchemes() async throws {
    try await onOwnThread {
      let key = try Self.key()
      for options in [["-sha1"], ["-sha384"], ["-sha512"], ["-sha256", "-sigopt", "rsa_padding_mode:pss"]] {
        let signature = try Self.pair.get().encodedSignature(of: Self.message, options: options)
        #expect(signature.count == 256)
        #expect(try !key.isValid(signature, for: Self.message[...]), "\(options)")
      }
    }
  }

  @Test(
    "moduli of fewer than 2048 and of more than 8192 bits are refused", arguments: [0, 1, 1024, 2047, 8193, 65_536])
  func modulusSizes(bitCount: Int) throws {
    var modulus = [UInt8](repeating: 0xFF, count: (bitCount + 7) / 8)
    if bitCount % 8 != 0 { modulus[0] = 0xFF >> UInt8(8 - bitCount % 8) }
    #expect(throws: PublicKeyError.modulusSize) { try RSAPublicKey(modulus: modulus, exponent: [1, 0, 1]) }
    // Zeros before it make no number larger.
    let padded = [UInt8](repeating: 0, count: 512) + modulus
    #expect(throws: PublicKeyError.modulusSize) { try RSAPublicKey(modulus: padded, exponent: [1, 0, 1]) }
  }

  @Test("zeros before the numbers mean nothing")
  func leadingZeros() throws {
    let vector = SignatureVector.rsa[0]
    let key = try RSAPublicKey(modulus: [0, 0] + vector.bytes(vector.numbers[0]), exponent: [0, 1, 0, 1])
    #expect(try key.isValid(vector.bytes(vector.signature), for: Array(vector.message.utf8)[...]))
  }

  @Test(
    "an exponent that is even, less than 3 or more than 2^64 is refused",
    arguments: [[], [0], [1], [0, 1], [2], [1, 0], [1, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 1]] as [[UInt8]])
  func exponents(exponent: [UInt8]) throws {
    let modulus = try SignatureVector.rsa[0].bytes(SignatureVector.rsa[0].numbers[0])
    #expect(throws: PublicKeyError.exponent) { try RSAPublicKey(modulus: modulus, exponent: exponent) }
    #expect(throws: Never.self) { try RSAPublicKey(modulus: modulus, exponent: [3]) }
    #expect(throws: Never.self) { try RSAPublicKey(modulus: modulus, exponent: [UInt8](repeating: 0xFF, count: 8)) }
  }

  @Test("numbers that are no modulus are refused")
  func noModulus() throws {
    var even = try SignatureVector.rsa[0].bytes(SignatureVector.rsa[0].numbers[0])
    even[255] &= 0xFE
    // 2^2048 - 1 is divisible by 3.
    for modulus in [even, [UInt8](repeating: 0xFF, count: 256)] {
      #expect(throws: PublicKeyError.invalid) { try RSAPublicKey(modulus: modulus, exponent: [1, 0, 1]) }
    }
  }
}
