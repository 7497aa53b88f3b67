import Testing

@testable import tollgate

@Suite("what is shown in a terminal")
struct TerminalTests {
  @Test("what somebody typed is shown, and steers nothing")
  func printable() {
    #expect(Terminal.printable("Zoë 😀 'a' {\"b\": 1}") == "Zoë 😀 'a' {\"b\": 1}")
    for steering in ["\u{1B}", "\n", "\u{7F}", "\u{9B}", "\u{85}", "\u{202E}", "\u{2066}", "\u{2028}", "\u{200F}"] {
      #expect(Terminal.printable("a\(steering)b") == "a\u{FFFD}b")
      #expect(Terminal.quoted("a\(steering)b") == "'a\u{FFFD}b'")
    }
    #expect(Terminal.quoted(String(repeating: "a", count: 100)).count == 66)
  }
}
