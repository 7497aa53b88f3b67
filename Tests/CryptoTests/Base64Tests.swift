import Crypto
import Testing

@Suite("Base64")
struct Base64Tests {
  @Test(
    "the examples of RFC 4648, section 10, both ways",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ])
  func examples(plain: String, encoded: String) {
    let bytes = Array(plain.utf8)
    let unpadded = String(encoded.filter { $0 != "=" })
    #expect(encodeBase64(bytes) == encoded)
    #expect(decodeBase64(encoded) == bytes)
    #expect(encodeBase64URL(bytes) == unpadded)
    #expect(decodeBase64URL(unpadded) == bytes)
  }

  @Test("the alphabets differ in their last two characters only")
  func alphabets() {
    let bytes: [UInt8] = [0xFB, 0xEF, 0xFF]
    #expect(encodeBase64(bytes) == "++//")
    #expect(encodeBase64URL(bytes) == "--__")
    #expect(decodeBase64("--__") == nil)
    #expect(decodeBase64URL("++//") == nil)
  }

  @Test("every byte and length comes back")
  func roundTrip() throws {
    for count in 0..<70 {
      let bytes = try randomBytes(count)
      #expect(decodeBase64(encodeBase64(bytes)) == bytes)
      #expect(decodeBase64URL(encodeBase64URL(bytes)) == bytes)
    }
    let all = Array(UInt8.min...UInt8.max)
    #expect(decodeBase64URL(encodeBase64URL(all)) == all)
  }

  @Test(
    "Base64url refuses padding, white space, impossible lengths and trailing bits",
    arguments: [
      "Zg==", "Zm8=", "=", "Z", "Zm9vY", "Zh", "Zm9", "Zm9vYm9", " Zg", "Zg ", "Z g", "Zg\n", "\tZg", "Zg\r\n", "Zm9v.",
      "Zm+v", "Zm/v", "Zmé", "Z\u{0}g", "Zg%3D",
    ])
  func strictBase64URL(text: String) {
    #expect(decodeBase64URL(text) == nil)
  }

  @Test(
    "Base64 refuses missing or excess padding, white space and trailing bits",
    arguments: [
      "Zg", "Zg=", "Zm8", "Zg===", "====", "==", "A===", "Zm9v====", "Z=g=", "=Zg=", "Zh==", "Zm9=", "Zg== ", "Zg==\n",
      "Zm9v Zg==", "Zm9v\nZm9v", "Zg==Zg==", "Zm-v", "Zm_v",
    ])
  func strictBase64(text: String) {
    #expect(decodeBase64(text) == nil)
  }
}
