import Testing
import Tokens

@Suite("Idempotency keys")
struct IdempotencyKeyTests {
  @Test(
    "1 to 255 printable ASCII characters are a key",
    arguments: ["a", "!", "~", "\"", "\\", "key-1_2:3/4", String(repeating: "k", count: 255)])
  func accepted(text: String) {
    #expect(IdempotencyKey(text)?.value == text)
  }

  @Test(
    "what is empty, too long or has other characters is no key",
    arguments: [
      "", " ", "a b", "a\t", "a\n", "\0", "a\u{7f}", "é", "ключ", "\u{1f511}", String(repeating: "k", count: 256),
    ])
  func refused(text: String) {
    #expect(IdempotencyKey(text) == nil)
    #expect(IdempotencyKey(field: text) == nil)
  }

  @Test(
    "a field is the key itself, or the key in quotes",
    arguments: [("key", "key"), ("\"key\"", "key"), ("a\"b", "a\"b"), ("key\"", "key\""), ("'key'", "'key'")])
  func field(text: String, value: String) {
    #expect(IdempotencyKey(field: text)?.value == value)
  }

  @Test(
    "a quoted field that is not closed, is empty or escapes something is refused",
    arguments: [
      "\"", "\"\"", "\"key", "\"a\"b\"", "\"a\\\"b\"", "\"a\\\\b\"", "\"a b\"", "\"key\" ", "\"key\";a=1",
      "\"\u{301}key\"", "\"\u{fe0f}key\"", "\"key\u{301}\"", "\"\u{301}\"",
      "\"" + String(repeating: "k", count: 256) + "\"",
    ])
  func refusedField(text: String) {
    #expect(IdempotencyKey(field: text) == nil)
  }

  @Test("the quotes do not count towards the 255 characters")
  func longestQuoted() {
    let longest = String(repeating: "k", count: 255)
    #expect(IdempotencyKey(field: "\"\(longest)\"")?.value == longest)
  }

  @Test("keys differ by their case, and a bare key equals the quoted one")
  func equality() {
    #expect(IdempotencyKey("Key") != IdempotencyKey("key"))
    #expect(IdempotencyKey(field: "\"key\"") == IdempotencyKey("key"))
  }
}
