import Crypto
import Testing

/// A test case of RFC 4231.
struct HMACVector: Sendable, CustomTestStringConvertible {
  let section: String
  let key: [UInt8]
  let message: [UInt8]
  let code: String

  var testDescription: String { section }

  static let all = [
    HMACVector(
      section: "4.2", key: Array(repeating: 0x0B, count: 20), message: Array("Hi There".utf8),
      code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    HMACVector(
      section: "4.3", key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
      code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    HMACVector(
      section: "4.4", key: Array(repeating: 0xAA, count: 20), message: Array(repeating: 0xDD, count: 50),
      code: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    HMACVector(
      section: "4.5", key: Array(0x01...0x19), message: Array(repeating: 0xCD, count: 50),
      code: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    HMACVector(
      section: "4.6, which shows 128 bits", key: Array(repeating: 0x0C, count: 20),
      message: Array("Test With Truncation".utf8), code: "a3b6167473100ee06e0c796c2955552b"),
    HMACVector(
      section: "4.7", key: Array(repeating: 0xAA, count: 131),
      message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
      code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
    HMACVector(
      section: "4.8", key: Array(repeating: 0xAA, count: 131),
      message: Array(
        ("This is a test using a larger than block-size key and a larger than block-size data. "
          + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
      code: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
  ]
}

@Suite("HMAC with SHA-256")
struct HMACSHA256Tests {
  @Test("the codes of RFC 4231 come out, also the second time", arguments: HMACVector.all)
  func vectors(vector: HMACVector) throws {
    let code = try HMACSHA256(key: vector.key)
    for _ in 1...2 {
      let bytes = try code.authenticationCode(for: vector.message)
      #expect(bytes.count == HMACSHA256.codeByteCount)
      #expect(hexadecimal(bytes).hasPrefix(vector.code))
    }
  }

  @Test("a slice is authenticated by its own bytes only")
  func slices() throws {
    let code = try HMACSHA256(key: Array("Jefe".utf8))
    let message = Array("what do ya want".utf8)
    let padded = Array("xx".utf8) + message + Array("yy".utf8)
    #expect(try code.authenticationCode(for: padded[2..<(2 + message.count)]) == code.authenticationCode(for: message))
  }

  @Test("only the whole right code is valid")
  func validity() throws {
    let code = try HMACSHA256(key: randomBytes(32))
    let message = Array("message".utf8)
    let right = try code.authenticationCode(for: message)
    #expect(try code.isValid(right, for: message))
    #expect(try !code.isValid(right, for: Array("Message".utf8)))
    #expect(try !code.isValid([], for: message))
    #expect(try !code.isValid(right.dropLast(), for: message))
    #expect(try !code.isValid(right + [0], for: message))
    for index in right.indices {
      var wrong = right
      wrong[index] ^= 1
      #expect(try !code.isValid(wrong, for: message))
    }
  }

  @Test("one key serves many tasks at once")
  func concurrency() async throws {
    let code = try HMACSHA256(key: randomBytes(32))
    let expected = try (0..<64).map { try code.authenticationCode(for: [UInt8($0)]) }
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<200 {
            for index in 0..<64 where try code.authenticationCode(for: [UInt8(index)]) != expected[index] {
              return false
            }
          }
          return true
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
  }

  @Test("an empty key is refused")
  func emptyKey() {
    #expect(throws: CryptoError.invalidLength) { try HMACSHA256(key: []) }
  }
}

func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}
