/// A file of `sql/checks`: one SELECT that returns a row, with a text, for each violation of an invariant.
public struct Check: Sendable, Equatable {
  /// The file's name without folder and `.sql`.
  public let name: String
  /// The invariant in one sentence, from the file's first line.
  public let invariant: String
  public let text: String

  /// Nil where the first line is no comment.
  init?(path: String, text: String) {
    guard let first = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).first,
      first.hasPrefix("-- ")
    else { return nil }
    name = String((path.split(separator: "/").last ?? "").dropLast(4))
    invariant = String(first.dropFirst(3))
    self.text = text
  }
}
