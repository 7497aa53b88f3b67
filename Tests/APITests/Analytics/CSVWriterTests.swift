import HTTP
import Testing

@testable import API

@Suite("CSV")
struct CSVWriterTests {
  private func cell(_ text: String?) -> String {
    var writer = CSVWriter(columns: ["a"])
    writer.text(text)
    writer.endLine()
    return String(decoding: writer.response().body.dropFirst(3).dropLast(2), as: UTF8.self)
  }

  @Test(
    "quotes what would end a cell or line, and doubles quotation marks (RFC 4180)",
    arguments: [
      ("plain", "plain"), ("", ""), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), ("a\r\nb", "\"a\r\nb\""),
      ("a\nb", "\"a\nb\""), ("ä; b", "\"ä; b\""), ("ä b", "ä b"),
    ])
  func quotes(text: String, expected: String) {
    #expect(cell(text) == expected)
  }

  @Test(
    "puts an apostrophe before what a spreadsheet would take for a formula",
    arguments: [
      ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"),
      ("\r=1", "\"'\r=1\""), ("=a,b", "\"'=a,b\""), ("a=1", "a=1"), ("a;=1", "\"a;=1\""),
      ("＝1+1", "'＝1+1"), ("＋1", "'＋1"), ("－1", "'－1"), ("＠SUM(A1)", "'＠SUM(A1)"), ("é", "é"),
    ])
  func formulas(text: String, expected: String) {
    #expect(cell(text) == expected)
  }

  @Test("leaves a cell without a value empty, and numbers as they are")
  func others() {
    #expect(cell(nil) == "")
    var writer = CSVWriter(columns: ["a", "b"])
    writer.integer(-5)
    writer.integer(0)
    writer.endLine()
    #expect(String(decoding: writer.response().body, as: UTF8.self) == "a,b\r\n-5,0\r\n")
  }
}
