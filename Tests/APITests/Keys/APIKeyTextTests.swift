import Crypto
import Testing
import Tokens

@testable import API

@Suite("The text of an API key")
struct APIKeyTextTests {
  private static func parse(_ text: String) -> APIKeyText? { APIKeyText(Array(text.utf8)[...]) }

  @Test("a key that is made has the form of the contract, and its id and digest are found in it again")
  func made() throws {
    let (text, key) = try APIKeyText.make()
    #expect(try #/tg_live_[0-9A-Za-z]{22}_[0-9A-Za-z]{46}/#.wholeMatch(in: text) != nil)
    #expect(text.utf8.count == APIKeyText.byteCount && text.utf8.count == 77)
    let read = try #require(Self.parse(text))
    #expect(read.id == key.id)
    #expect(read.digest == key.digest)
    #expect(key.digest == sha256(Array(text.utf8)))
    #expect(text.hasPrefix(APIKeyText.publicPart(of: key.id)))
  }

  @Test("no two keys have an id or a secret in common")
  func different() throws {
    let keys = try (0..<100).map { _ in try APIKeyText.make() }
    #expect(Set(keys.map(\.key.id)).count == 100)
    #expect(Set(keys.map { $0.text.dropFirst(31) }).count == 100)
  }

  @Test("a key made with a known id and secret has a known checksum, which anybody can compute")
  func example() throws {
    // CRC-32 of the first 71 characters is 0x71018112, by zlib.
    let text = "tg_live_0000000000000000000001_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn"
    let checksum = Base62.encode(UInt128(crc32(Array(text.utf8)[...])), digitCount: 6)
    let key = try #require(Self.parse(text + String(decoding: checksum, as: UTF8.self)))
    #expect(key.id == APIKeyID(high: 0, low: 1))
    #expect(String(decoding: checksum, as: UTF8.self) == "24J6R8")
  }

  @Test("a key with any character changed, left out, doubled or exchanged with its neighbour is none")
  func mistyped() throws {
    let text = Array(try APIKeyText.make().text.utf8)
    for index in text.indices {
      var changed = text
      changed[index] = text[index] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
      #expect(APIKeyText(changed[...]) == nil, "\(index)")
      changed.remove(at: index)
      #expect(APIKeyText(changed[...]) == nil, "\(index)")
      #expect(APIKeyText((text[..<index] + [text[index]] + text[index...])[...]) == nil, "\(index)")
      if index > 0, text[index] != text[index - 1] {
        changed = text
        changed.swapAt(index, index - 1)
        #expect(APIKeyText(changed[...]) == nil, "\(index)")
      }
    }
  }

  @Test(
    "what only looks like a key is none",
    arguments: [
      "", "tg_live_", "tg_test_0000000000000000000001_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn000000",
      "TG_LIVE_0000000000000000000001_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn000000",
      "tg_live_zzzzzzzzzzzzzzzzzzzzzz_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn000000",
      "tg_live_0000000000000000000001-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn000000",
      "tg_live_0000000000000000000001_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl\u{E9}000000",
    ])
  func lookalikes(text: String) {
    #expect(Self.parse(text) == nil)
    // Also with the right checksum, where the form alone is wrong.
    let body = Array(text.utf8.dropLast(6))
    #expect(APIKeyText((body + Base62.encode(UInt128(crc32(body[...])), digitCount: 6))[...]) == nil)
  }

  @Test("the id is found in a key and in its public beginning, and in nothing else")
  func identifiers() throws {
    let (text, key) = try APIKeyText.make()
    let publicPart = APIKeyText.publicPart(of: key.id)
    for known in [text, publicPart, String(publicPart.dropLast())] {
      #expect(APIKeyText.identifier(in: known) == key.id)
    }
    for other in ["", "tg_live_", String(publicPart.dropLast(2)), publicPart.dropLast() + "x", "x" + publicPart] {
      #expect(APIKeyText.identifier(in: other) == nil, "\(other)")
    }
  }
}
