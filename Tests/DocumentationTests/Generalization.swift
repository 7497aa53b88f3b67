/// Makes of an output what a page shows: placeholders where the next run differs, variables for what has a name.
struct Generalization {
  /// Of the page's variables.
  let values: [String: String]
  /// The page itself: what its commands name stays as it is.
  let given: String
  /// What the page has shown until now; its named placeholders are kept.
  let shownBefore: String

  func apply(to output: String) -> String {
    var text = output
    for (name, value) in values.sorted(by: { $0.value.count > $1.value.count }) where value.count > 8 {
      text = text.replacing(value, with: "$\(name)")
    }
    return JSONLayout.wrap(named(replacingForms(in: text)))
  }

  private func replacingForms(in text: String) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var position = 0
    while position < bytes.count {
      if let (placeholder, length) = form(in: bytes, at: position, after: result) {
        result += "<\(placeholder.rawValue)>".utf8
        position += length
      } else {
        result.append(bytes[position])
        position += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private func form(in bytes: [UInt8], at position: Int, after result: [UInt8]) -> (Placeholder, Int)? {
    for (before, placeholder) in Placeholder.introduced where result.reversed().starts(with: before.utf8.reversed()) {
      if let length = placeholder.length(in: bytes[position...]) { return (placeholder, length) }
    }
    guard position == 0 || !Self.isOfWord(bytes[position - 1]) else { return nil }
    for placeholder in Placeholder.evident {
      guard let length = placeholder.length(in: bytes[position...]) else { continue }
      let end = position + length
      let found = String(decoding: bytes[position..<end], as: UTF8.self)
      guard end == bytes.count || !Self.isOfWord(bytes[end]), !given.contains(found) else { continue }
      return (placeholder, length)
    }
    return nil
  }

  private static func isOfWord(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte >= 0x80
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  /// Gives placeholders their names again, found by the word before them.
  private func named(_ text: String) -> String {
    var text = text
    for index in shownBefore.indices {
      guard let (placeholder, name, length) = Expectation.placeholder(at: shownBefore[index...]), name != nil else {
        continue
      }
      let before = shownBefore[..<index].reversed().prefix { !" \n,{[".contains($0) }.reversed()
      let shown = String(shownBefore[index...].prefix(length))
      guard let place = text.firstRange(of: String(before) + "<\(placeholder.rawValue)>") else { continue }
      text.replaceSubrange(place, with: String(before) + shown)
    }
    return text
  }
}
