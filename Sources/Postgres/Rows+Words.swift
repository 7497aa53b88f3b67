/// The words that a column may have. Its values are compared with them as bytes, without making texts.
public struct Vocabulary: Sendable {
  fileprivate var words: [[UInt8]]

  /// - Parameter words: the likeliest first.
  public init(_ words: [String]) { self.words = words.map { Array($0.utf8) } }

  fileprivate func place(of bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    words.firstIndex { $0.count == bytes.count && $0.elementsEqual(bytes) }
  }
}

/// Texts of a column that repeats a few: each is made once.
public struct RepeatedTexts {
  /// Others than the first so many are made each time.
  static let limit = 16

  private var known = Vocabulary([])
  private var texts: [String] = []

  public init() {}

  fileprivate mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    if let place = known.place(of: bytes) { return texts[place] }
    let text = String(validating: bytes, as: UTF8.self)
    if let text, texts.count < Self.limit {
      known.words.append(Array(bytes))
      texts.append(text)
    }
    return text
  }
}

extension Rows {
  /// Which of the words the value is, counted from 0; nil for none of them.
  public func place(_ row: Int, _ column: Int, in words: Vocabulary) throws(PostgresError) -> Int? {
    words.place(of: try buffer(row, column))
  }

  /// Like `optionalString`, for a column that repeats a few texts.
  public func optionalString(
    _ row: Int, _ column: Int, among texts: inout RepeatedTexts
  ) throws(PostgresError) -> String? {
    guard let bytes = try optionalBuffer(row, column) else { return nil }
    guard hasCharacters(column), let text = texts.text(bytes) else {
      throw .decoding("row \(row), column \(column) is not UTF-8")
    }
    return text
  }

  /// Like `string`, for a column that repeats a few texts.
  public func string(_ row: Int, _ column: Int, among texts: inout RepeatedTexts) throws(PostgresError) -> String {
    guard let text = try optionalString(row, column, among: &texts) else {
      throw .decoding("row \(row), column \(column) is NULL")
    }
    return text
  }
}
