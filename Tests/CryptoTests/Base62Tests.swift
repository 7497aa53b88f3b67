import Crypto
import Testing

@Suite("Base 62 and CRC-32")
struct Base62Tests {
  @Test("digits are 0 to 9, A to Z and a to z, in this order")
  func digits() {
    let text = (0..<62).map { Base62.encode($0, digitCount: 1)[0] }
    #expect(String(decoding: text, as: UTF8.self) == "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    for (value, digit) in text.enumerated() { #expect(Base62.decode([digit]) == UInt128(value)) }
  }

  @Test("numbers of up to 128 bits come back", arguments: [0, 1, 61, 62, 3_843, 3_844, .max >> 1, .max - 1, .max])
  func roundTrip(number: UInt128) {
    let text = Base62.encode(number, digitCount: Base62.wideDigitCount)
    #expect(text.count == 22)
    #expect(Base62.decode(text[...]) == number)
  }

  @Test("what is no digit, and what is larger than 128 bits, is no number")
  func refused() {
    let largest = Base62.encode(.max, digitCount: 22)
    #expect(String(decoding: largest, as: UTF8.self) == "7n42DGM5Tflk9n8mt7Fhc7")
    for text in [
      "7n42DGM5Tflk9n8mt7Fhc8", "zzzzzzzzzzzzzzzzzzzzzz", "-1", " 1", "1 ", "1_", "é", "\0", "/", ":", "@", "[", "`",
      "{",
    ] {
      #expect(Base62.decode(Array(text.utf8)[...]) == nil, "\(text)")
    }
    #expect(!Base62.isText(Array("a-b".utf8)[...]))
    #expect(Base62.isText(Array("aZ9".utf8)[...]))
  }

  @Test("random digits are digits, all of them come, and no two texts are the same")
  func random() throws {
    var texts: Set<[UInt8]> = []
    var seen: Set<UInt8> = []
    for _ in 0..<200 {
      let text = try Base62.random(digitCount: 40)
      #expect(text.count == 40 && Base62.isText(text[...]))
      texts.insert(text)
      seen.formUnion(text)
    }
    #expect(texts.count == 200)
    // That one of 62 is missing among 8000 has a probability of 62 × (61/62)^8000 < 10^-54.
    #expect(seen.count == 62)
    #expect(try Base62.random(digitCount: 0) == [])
    #expect(throws: CryptoError.invalidLength) { try Base62.random(digitCount: 1_001) }
  }

  @Test("the check value of the CRC catalogue, and zlib's own examples")
  func checksum() {
    #expect(crc32(Array("123456789".utf8)[...]) == 0xCBF4_3926)
    #expect(crc32([]) == 0)
    #expect(crc32([0, 0, 0, 0]) == 0x2144_DF1C)
    #expect(crc32(Array("The quick brown fox jumps over the lazy dog".utf8)[...]) == 0x414F_A339)
    #expect(crc32(Array("x123456789".utf8).dropFirst()) == 0xCBF4_3926)
  }
}
