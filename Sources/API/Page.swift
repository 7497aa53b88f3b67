import HTTP
import JSON
import Tokens

/// What a request asks of a list: how many rows, and behind which.
struct Page: Sendable {
  let limit: Int
  /// The last row of the page before, as the bits of its id; nil: the first page.
  let behind: UInt128?
  /// What that row was sorted by, in a list that is not sorted by ids.
  private let sortKey: String?
  private let list: [UInt8]
  private let cursors: PageCursors

  /// Reads `limit` and `cursor`.
  ///
  /// - Parameters:
  ///   - request: what is asked.
  ///   - cursors: make and read cursors.
  ///   - name: what is listed.
  ///   - filters: for whom and how: a cursor is for the same ones only.
  /// - Throws: 400 for a limit or a cursor that is none.
  init(_ request: Request, _ cursors: PageCursors, of name: String, by filters: [String?]) throws(Problem) {
    limit = try request.pageLimit()
    list = JSONValue.array([.string(name)] + filters.map { $0.map(JSONValue.string) ?? .null }).encoded()
    self.cursors = cursors
    guard let cursor = try request.queryText("cursor") else {
      behind = nil
      sortKey = nil
      return
    }
    let place = try cursors.place(of: cursor, in: list)
    behind = place.id.bits
    sortKey = place.sortKey
  }

  /// Where the page before ended, in a list that is not sorted by ids; nil: the first page.
  func place<Subject>() -> ListPlace<Subject>? {
    guard let behind, let sortKey else { return nil }
    return ListPlace(id: Identifier(bits: behind), sortKey: sortKey)
  }

  /// How many rows to look for: one more than asked for tells whether there is another page.
  var lookedFor: Int { limit + 1 }

  /// The answer with what was found.
  ///
  /// - Parameters:
  ///   - found: up to `lookedFor` rows.
  ///   - id: the bits of a row's id.
  ///   - sortKey: what a row is sorted by before its id.
  ///   - write: writes the members of a row.
  /// - Returns: a page of the list, with the next one's cursor.
  /// - Throws: 500 without a key to authenticate cursors with.
  func response<Row>(
    _ found: [Row], id: (Row) -> UInt128, sortKey: (Row) -> String? = { _ in nil },
    _ write: (Row, inout JSONWriter) -> Void
  ) throws(Problem) -> Response {
    let shown = found.prefix(limit)
    var nextCursor: String?
    if found.count > limit, let last = shown.last {
      nextCursor = try cursors.cursor(
        behind: TransactionID(bits: id(last)), sortKey: sortKey(last), of: list)
    }
    return .list(shown, nextCursor: nextCursor, write)
  }
}

extension Request {
  /// A query parameter of 1 to so many bytes; nil where it is not given.
  ///
  /// - Throws: 400 for a longer or an empty one.
  func queryWords(_ name: String, maximumBytes: Int) throws(Problem) -> String? {
    guard let text = try queryText(name) else { return nil }
    guard (1...maximumBytes).contains(text.utf8.count) else {
      throw Problem(.invalidRequest, "\(name) has 1 to \(maximumBytes) bytes.")
    }
    return text
  }

  /// A query parameter that is one of a few words; nil where it is not given.
  func queryChoice<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, of _: Choice.Type
  ) throws(Problem) -> Choice? {
    guard let text = try queryText(name) else { return nil }
    guard let choice = Choice.allCases.first(where: { $0.rawValue.utf8.elementsEqual(text.utf8) }) else {
      let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw Problem(.invalidRequest, "\(name) is one of: \(choices).")
    }
    return choice
  }
}
