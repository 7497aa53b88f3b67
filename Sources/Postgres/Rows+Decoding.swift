extension Rows {
  /// The value as text, which must be UTF-8. In binary form only of a type whose values are characters.
  public func string(_ row: Int, _ column: Int) throws(PostgresError) -> String {
    try present(optionalString(row, column), row, column)
  }

  /// The value of a `smallint`, `integer` or `bigint` column.
  public func integer(_ row: Int, _ column: Int) throws(PostgresError) -> Int64 {
    try present(optionalInteger(row, column), row, column)
  }

  /// The value of a `real` or `double precision` column, as the nearest double, and in text form also of `numeric`.
  public func real(_ row: Int, _ column: Int) throws(PostgresError) -> Double {
    try present(optionalReal(row, column), row, column)
  }

  /// The value of a `boolean` column.
  public func boolean(_ row: Int, _ column: Int) throws(PostgresError) -> Bool {
    try present(optionalBoolean(row, column), row, column)
  }

  /// The value of a `bytea` column.
  public func bytes(_ row: Int, _ column: Int) throws(PostgresError) -> [UInt8] {
    try present(optionalBytes(row, column), row, column)
  }

  /// The value of a `uuid` column, its first byte the most significant.
  public func uuid(_ row: Int, _ column: Int) throws(PostgresError) -> UInt128 {
    try present(optionalUUID(row, column), row, column)
  }

  /// The value of a `timestamptz` column in microseconds since 1970. Only in binary form: the text depends on settings.
  /// `infinity` is an error.
  public func instant(_ row: Int, _ column: Int) throws(PostgresError) -> Int64 {
    try present(optionalInstant(row, column), row, column)
  }

  /// Like `string`, and nil for NULL. Out of range is an error, here and in the others.
  public func optionalString(_ row: Int, _ column: Int) throws(PostgresError) -> String? {
    guard let bytes = try optionalBuffer(row, column) else { return nil }
    guard hasCharacters(column), let text = String(validating: bytes, as: UTF8.self) else {
      throw .decoding("row \(row), column \(column) is not UTF-8")
    }
    return text
  }

  /// Like `integer`, and nil for NULL.
  public func optionalInteger(_ row: Int, _ column: Int) throws(PostgresError) -> Int64? {
    guard let bytes = try optionalBuffer(row, column) else { return nil }
    let value = binaryType(column).map { BinaryForm.integer(bytes, $0) } ?? TextForm.integer(bytes)
    guard let value else { throw .decoding("row \(row), column \(column) is not an integer of 64 bits") }
    return value
  }

  /// Like `real`, and nil for NULL.
  public func optionalReal(_ row: Int, _ column: Int) throws(PostgresError) -> Double? {
    guard let bytes = try optionalBuffer(row, column) else { return nil }
    let value = binaryType(column).map { BinaryForm.real(bytes, $0) } ?? TextForm.real(bytes)
    guard let value else { throw .decoding("row \(row), column \(column) is not a number") }
    return value
  }

  /// Like `boolean`, and nil for NULL.
  public func optionalBoolean(_ row: Int, _ column: Int) throws(PostgresError) -> Bool? {
    guard let bytes = try optionalBuffer(row, column) else { return nil }
    let value = binaryType(column).map { BinaryForm.boolean(bytes, $0) } ?? TextForm.boolean(bytes)
    guard let value else { throw .decoding("row \(row), column \(column) is not a boolean") }
    return value
  }

  /// Like `bytes`, and nil for NULL.
  public func optionalBytes(_ row: Int, _ column: Int) throws(PostgresError) -> [UInt8]? {
    guard let bytes = try optionalBuffer(row, column) else { return nil }
    let value = binaryType(column).map { $0 == .bytea ? [UInt8](bytes) : nil } ?? TextForm.bytes(bytes)
    guard let value else { throw .decoding("row \(row), column \(column) is not bytea") }
    return value
  }

  /// Like `uuid`, and nil for NULL.
  public func optionalUUID(_ row: Int, _ column: Int) throws(PostgresError) -> UInt128? {
    guard let bytes = try optionalBuffer(row, column) else { return nil }
    let value = binaryType(column).map { BinaryForm.uuid(bytes, $0) } ?? TextForm.uuid(bytes)
    guard let value else { throw .decoding("row \(row), column \(column) is not a UUID") }
    return value
  }

  /// Like `instant`, and nil for NULL.
  public func optionalInstant(_ row: Int, _ column: Int) throws(PostgresError) -> Int64? {
    guard let bytes = try optionalBuffer(row, column) else { return nil }
    guard let type = binaryType(column), let value = BinaryForm.instant(bytes, type) else {
      throw .decoding("row \(row), column \(column) is not an instant in binary form")
    }
    return value
  }

  /// Whether the bytes of the column's values are characters. The column must exist.
  func hasCharacters(_ column: Int) -> Bool { binaryType(column)?.isCharactersInBinary ?? true }

  private func present<Value>(_ value: Value?, _ row: Int, _ column: Int) throws(PostgresError) -> Value {
    guard let value else { throw .decoding("row \(row), column \(column) is NULL") }
    return value
  }
}
