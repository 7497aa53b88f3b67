import Crypto
import Testing

@Suite("Digests, comparison and random bytes")
struct PrimitivesTests {
  @Test(
    "SHA-256 gives the digests of FIPS 180",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func digests(message: String, digest: String) {
    #expect(hexadecimal(sha256(Array(message.utf8))) == digest)
  }

  @Test("bytes are equal only when all of them are")
  func equality() {
    #expect(constantTimeEquals([], []))
    #expect(constantTimeEquals([1, 2, 3], [1, 2, 3]))
    #expect(!constantTimeEquals([1, 2, 3], [1, 2, 4]))
    #expect(!constantTimeEquals([1, 2, 3], [0, 2, 3]))
    #expect(!constantTimeEquals([1, 2, 3], [1, 2]))
    #expect(!constantTimeEquals([], [0]))
  }

  @Test("random bytes have the length asked for and do not repeat")
  func random() throws {
    #expect(try randomBytes(0) == [])
    let draws = try (0..<100).map { _ in try randomBytes(16) }
    #expect(draws.allSatisfy { $0.count == 16 })
    #expect(Set(draws).count == 100)
  }

  @Test("a count that is negative or over a megabyte is refused", arguments: [-1, .min, 1_048_577, .max])
  func randomCount(count: Int) {
    #expect(throws: CryptoError.invalidLength) { try randomBytes(count) }
  }
}
