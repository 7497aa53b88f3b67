/// Texts that RFC 8259 or this program does not allow, by what is wrong with them.
enum RefusedTexts {
  static let structure = [
    "", " ", "\n", "[", "{", "]", "}", "[]]", "{}}", "[}", "{]", "[1", "[1,", "[,1]", "[,]", "[1,]", "[1,,2]", "[1 2]",
    "[1;2]", "[[]", "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{\"a\":1,}", "{,\"a\":1}", "{\"a\":1,,\"b\":2}",
    "{\"a\":1 \"b\":2}", "{\"a\"::1}", "{a:1}", "{'a':1}", "{1:1}", "{null:1}", "{[]:1}", "{\"a\":1", "{\"a\":",
    "{\"a\"",
    ":", ",", "\"a\":1",
  ]

  static let afterTheValue = [
    "1 2", "{} {}", "[] x", "null null", "\"a\"\"b\"", "{}#", "{}//", "{}/**/", "[1]\u{0C}", "true,", "{\"a\":1}}",
    "1]",
  ]

  static let literals = [
    "True", "TRUE", "tru", "truee", "nul", "NULL", "nil", "None", "undefined", "fals", "NaN", "nan", "Infinity",
    "-Infinity", "[NaN]", "'a'", "a", "/**/1", "//\n1", "#\n1", "@", "\u{00A0}1", "\u{2028}1", "\u{0B}1", "\u{0C}1",
  ]

  static let numbers = [
    "01", "-01", "00", "+1", "-", "--1", "1.", "-1.", ".5", "-.5", "1.e1", "1e", "1e+", "1E-", "1ee2", "1e1.5", "1.2.3",
    "0x10", "1_000", "1a", "-a", "- 1", "0e", "1+1", "\u{FF11}", "1e400", "-1e400", "[1e999999999]",
    "9223372036854775808", "-9223372036854775809", "123456789012345678901234567890", "0.1e", "2.e+3", "Infinity1",
    "0b1",
  ]

  static let strings = [
    "\"", "\"a", "\"\\\"", "\"\\\"\\", "\"\\x41\"", "\"\\a\"", "\"\\'\"", "\"\\U0041\"", "\"\\u\"", "\"\\u004\"",
    "\"\\u00g1\"", "\"\\u00\"", "\"\\u 041\"", "\"\\u+041\"", "\"a\nb\"", "\"a\tb\"", "\"\u{1}\"", "\"\u{1F}\"",
    "\"\\\n\"",
    "\"\\uD800\"", "\"\\uDC00\"", "\"\\uD800\\u0041\"", "\"\\uD800\\n\"", "\"\\uD800\\uD800\"", "\"\\uD800x\"",
    "\"\\u0000\"", "\"a\\u0000b\"", "{\"\\u0000\":1}", "{\"a\\u0000\":1}", "[\"\\uDFFF\\uD800\"]",
  ]

  static let duplicates = [
    "{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":2}", "{\"\":1,\"\":2}",
    "{\"x\":{\"b\":1,\"c\":2,\"b\":3}}", "[{\"a\":null,\"a\":null}]", "{\"\u{E9}\":1,\"\\u00e9\":2}",
  ]

  static let encodings: [[UInt8]] = [
    [0xEF, 0xBB, 0xBF] + Array("{}".utf8), [0xEF, 0xBB, 0xBF], [0xFE, 0xFF, 0, 0x31], [0xFF, 0xFE, 0x31, 0],
    [0, 0x31], [0x31, 0], [0x7B, 0, 0x7D, 0], [0, 0x7B, 0, 0x7D], [0x22, 0, 0x22], [0x22, 0x5C, 0, 0x22],
    [0x31, 0, 0x32],
    quoted(0xFF), quoted(0xC3), quoted(0xC3, 0x28), quoted(0x80), quoted(0xBF), quoted(0xC0, 0x80), quoted(0xC0, 0xAF),
    quoted(0xC1, 0xBF), quoted(0xE0, 0x80, 0x80), quoted(0xE0, 0x9F, 0xBF), quoted(0xE2, 0x82),
    quoted(0xED, 0xA0, 0x80),
    quoted(0xED, 0xBF, 0xBF), quoted(0xF0, 0x80, 0x80, 0x80), quoted(0xF0, 0x8F, 0xBF, 0xBF),
    quoted(0xF4, 0x90, 0x80, 0x80), quoted(0xF5, 0x80, 0x80, 0x80), quoted(0xF8, 0x88, 0x80, 0x80, 0x80),
    quoted(0xF0, 0x9F, 0x98), [0x31, 0xFF], [0xC2, 0xA0, 0x31],
  ]

  private static func quoted(_ bytes: UInt8...) -> [UInt8] {
    [0x22] + bytes + [0x22]
  }
}
