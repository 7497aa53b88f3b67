import HTTP
import JSON
import Tokens

/// A page of a list whose rows are known by their ids, newest first.
struct ListPage: Sendable {
  let cursors: PageCursors
  /// What is listed, and by which filter: what a cursor belongs to.
  let list: [UInt8]
  let limit: Int
  /// The row that the page is behind; nil: the first page.
  let before: TransactionID?

  /// Reads `limit` and `cursor`.
  init(_ request: Request, _ cursors: PageCursors, _ name: String, _ filter: [String?]) throws(Problem) {
    self.cursors = cursors
    let parts = [JSONValue.string(name)] + filter.map { $0.map(JSONValue.string) ?? .null }
    list = JSONValue.array(parts).encoded()
    limit = try request.pageLimit()
    if let cursor = try request.queryText("cursor") {
      before = try cursors.row(of: cursor, in: list)
    } else {
      before = nil
    }
  }

  /// One more than asked for tells whether there is another page.
  var rowLimit: Int { limit + 1 }

  /// The page as it is sent.
  ///
  /// - Parameters:
  ///   - rows: at most `rowLimit`.
  ///   - id: a row's.
  ///   - write: writes a row's members.
  /// - Returns: `data`, and the cursor of the next page.
  /// - Throws: 500 without a key for cursors.
  func response<Row, Subject>(
    _ rows: [Row], id: (Row) -> Identifier<Subject>, _ write: (Row, inout JSONWriter) -> Void
  ) throws(Problem) -> Response {
    let shown = rows.prefix(limit)
    var nextCursor: String?
    if rows.count > limit, let last = shown.last {
      nextCursor = try cursors.cursor(behind: TransactionID(bits: id(last).bits), of: list)
    }
    return .json { writer in
      writer.name("data")
      writer.beginArray()
      for row in shown {
        writer.beginObject()
        write(row, &writer)
        writer.endObject()
      }
      writer.endArray()
      writer.member("nextCursor", nextCursor)
    }
  }
}
