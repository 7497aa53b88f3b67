import CLibPQ

/// The result of one statement. Owns the `PGresult`, which is freed once, with this value.
///
/// Rows and columns count from 0. Anything out of range, NULL where a value was asked for, or a value of another
/// form is an error of kind `decoding`; nothing here traps.
public struct Rows: ~Copyable {
  /// The number of rows.
  public let count: Int
  private let result: OpaquePointer

  /// Takes over `result`.
  init(owning result: OpaquePointer) {
    self.result = result
    count = Int(PQntuples(result))
  }

  deinit { PQclear(result) }

  /// The number of columns; 0 for a statement that returns no rows.
  public var columnCount: Int { Int(PQnfields(result)) }

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

  /// Lends the bytes of a value in text form; they end with `body`.
  public func withBytes<Value>(
    _ row: Int, _ column: Int, _ body: (Span<UInt8>) -> Value
  ) throws(PostgresError) -> Value {
    let bytes = try buffer(row, column)
    return body(bytes.span)
  }

  /// The bytes of a value in text form, valid as long as this value lives and therefore never given out.
  func buffer(_ row: Int, _ column: Int) throws(PostgresError) -> UnsafeBufferPointer<UInt8> {
    guard contains(row, column) else { throw .decoding("row \(row), column \(column) is out of range") }
    guard PQgetisnull(result, Int32(row), Int32(column)) == 0,
      let value = PQgetvalue(result, Int32(row), Int32(column))
    else { throw .decoding("row \(row), column \(column) is NULL") }
    let length = Int(PQgetlength(result, Int32(row), Int32(column)))
    let bytes = UnsafeRawPointer(value).assumingMemoryBound(to: UInt8.self)
    return UnsafeBufferPointer(start: bytes, count: length)
  }

  private func contains(_ row: Int, _ column: Int) -> Bool {
    row >= 0 && row < count && column >= 0 && column < columnCount
  }
}
