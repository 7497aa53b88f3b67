import Crypto
import Foundation
import Testbed

/// What `<<…>>` stands for in a case.
struct Vocabulary: Sendable {
  struct Unknown: Error, CustomStringConvertible { let description: String }

  /// Names and the values they have in this run, such as ids and tokens.
  var words: [String: String] = [:]

  private static let controls: [String: UInt8] = ["CR": 0x0D, "LF": 0x0A, "TAB": 0x09, "NUL": 0x00, "SP": 0x20]

  /// The same with Stripe's signature of a body: `stripe time` and `stripe code`, and those of an hour ago.
  func signing(_ body: [UInt8], where isNeeded: Bool) throws -> Vocabulary {
    guard isNeeded else { return self }
    var vocabulary = self
    for (prefix, seconds) in [("stripe", TestStripe.now), ("stripe old", TestStripe.now - 3_600)] {
      vocabulary.words["\(prefix) time"] = "\(seconds)"
      vocabulary.words["\(prefix) code"] = try TestStripe.code(of: body, seconds)
    }
    return vocabulary
  }

  /// The bytes that a template stands for.
  func bytes(of template: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var filling: (place: Int, byte: UInt8, byteCount: Int)?
    var rest = template[...]
    while let start = rest.range(of: "<<"), let end = rest[start.upperBound...].range(of: ">>") {
      bytes += Array(rest[..<start.lowerBound].utf8)
      let term = String(rest[start.upperBound..<end.lowerBound])
      if let match = term.wholeMatch(of: /(.) until (\d+)/), let byte = match.1.utf8.first,
        let byteCount = Int(match.2)
      {
        filling = (bytes.count, byte, byteCount)
      } else {
        bytes += try meaning(of: term)
      }
      rest = rest[end.upperBound...]
    }
    bytes += Array(rest.utf8)
    if let filling {
      let missing = filling.byteCount - bytes.count
      guard missing >= 0 else { throw Unknown(description: "\(template.prefix(80)) is longer already") }
      bytes.insert(contentsOf: repeatElement(filling.byte, count: missing), at: filling.place)
    }
    return bytes
  }

  private func meaning(of term: String) throws -> [UInt8] {
    if let word = words[term] { return Array(word.utf8) }
    if let control = Self.controls[term] { return [control] }
    if term == "empty" { return [] }
    if let match = term.wholeMatch(of: /0x((?:[0-9A-F]{2})+)/) {
      let digits = Array(match.1)
      return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
    }
    if let match = term.wholeMatch(of: /(.+)\*(\d+)/), let count = Int(match.2) {
      return Array(String(repeating: String(match.1), count: count).utf8)
    }
    if let match = term.wholeMatch(of: /(.+) in upper case/), let word = words[String(match.1)] {
      return Array(word.uppercased().utf8)
    }
    if let match = term.wholeMatch(of: /(.+) without its last (\d+)/), let word = words[String(match.1)],
      let count = Int(match.2)
    {
      return Array(word.utf8.dropLast(count))
    }
    if let match = term.wholeMatch(of: /(.+) without dashes/), let word = words[String(match.1)] {
      return Array(word.replacing("-", with: "").utf8)
    }
    throw Unknown(description: "<<\(term)>> stands for nothing")
  }
}
