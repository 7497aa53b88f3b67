import CLibPQ

/// The result of one statement. Owns the `PGresult`, which is freed once, with this value.
///
/// Rows and columns count from 0. Anything out of range, NULL where a value was asked for, or a value of another
/// form is an error of kind `decoding`; nothing here traps. Values may have come in text or in binary form
/// (`Statement.ResultForm`).
public struct Rows: ~Copyable {
  /// The number of rows.
  public let count: Int
  /// The number of columns; 0 for a statement that returns no rows.
  public let columnCount: Int
  private let result: OpaquePointer
  /// The types of the columns that came in binary form, nil for the others.
  private let binaryTypes: [ServerType?]

  /// Takes over `result`.
  init(owning result: OpaquePointer) {
    self.result = result
    count = Int(PQntuples(result))
    columnCount = Int(PQnfields(result))
    binaryTypes = (0..<Int32(columnCount)).map { column in
      PQfformat(result, column) == 1 ? ServerType(identifier: PQftype(result, column)) : nil
    }
  }

  deinit { PQclear(result) }

  /// The rows that INSERT, UPDATE, DELETE, MERGE, SELECT or FETCH counted; 0 for other statements.
  public var affectedCount: Int {
    guard let text = PQcmdTuples(result) else { return 0 }
    return Int(String(cString: text)) ?? 0
  }

  /// The server's word for what it did, such as `COMMIT` or `ROLLBACK`.
  var commandTag: String { PQcmdStatus(result).map { String(cString: $0) } ?? "" }

  var status: ExecStatusType { PQresultStatus(result) }

  /// The whole message of a failed result, copied.
  var errorMessage: String { PQresultErrorMessage(result).map { String(cString: $0) } ?? "" }

  /// A field of a failed result, copied; nil where the server sent none.
  func field(_ read: (OpaquePointer) -> UnsafePointer<CChar>?) -> String? {
    read(result).map { String(cString: $0) }
  }

  /// The number of the column with exactly this name, the first of them if there are several.
  public func column(named name: String) throws(PostgresError) -> Int {
    for column in 0..<columnCount {
      if let found = PQfname(result, Int32(column)), String(cString: found).utf8.elementsEqual(name.utf8) {
        return column
      }
    }
    throw .decoding("no column \(name)")
  }

  /// Whether the value is NULL. What is not there, because row or column is out of range, counts as NULL.
  public func isNull(_ row: Int, _ column: Int) -> Bool {
    guard contains(row, column) else { return true }
    return PQgetisnull(result, Int32(row), Int32(column)) == 1
  }

  /// Lends the bytes of a value in the form it came in; they end with `body`.
  public func withBytes<Value>(
    _ row: Int, _ column: Int, _ body: (Span<UInt8>) -> Value
  ) throws(PostgresError) -> Value {
    let bytes = try buffer(row, column)
    return body(bytes.span)
  }

  /// The bytes of a value in the form it came in, valid as long as this value lives and therefore never given out.
  func buffer(_ row: Int, _ column: Int) throws(PostgresError) -> UnsafeBufferPointer<UInt8> {
    guard let bytes = try optionalBuffer(row, column) else { throw .decoding("row \(row), column \(column) is NULL") }
    return bytes
  }

  /// The same, and nil for NULL.
  func optionalBuffer(_ row: Int, _ column: Int) throws(PostgresError) -> UnsafeBufferPointer<UInt8>? {
    guard contains(row, column) else { throw .decoding("row \(row), column \(column) is out of range") }
    let length = PQgetlength(result, Int32(row), Int32(column))
    guard length > 0 || PQgetisnull(result, Int32(row), Int32(column)) == 0,
      let value = PQgetvalue(result, Int32(row), Int32(column))
    else { return nil }
    let bytes = UnsafeRawPointer(value).assumingMemoryBound(to: UInt8.self)
    return UnsafeBufferPointer(start: bytes, count: Int(length))
  }

  /// The type of a column whose values came in binary form; nil for text. The column must exist.
  func binaryType(_ column: Int) -> ServerType? { binaryTypes[column] }

  private func contains(_ row: Int, _ column: Int) -> Bool {
    row >= 0 && row < count && column >= 0 && column < columnCount
  }
}
