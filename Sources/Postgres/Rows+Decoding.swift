extension Rows {
  /// The value as text, which must be UTF-8.
  public func string(_ row: Int, _ column: Int) throws(PostgresError) -> String {
    guard let text = String(validating: try buffer(row, column), as: UTF8.self) else {
      throw .decoding("row \(row), column \(column) is not UTF-8")
    }
    return text
  }

  /// The value of a `smallint`, `integer` or `bigint` column: an optional minus and decimal digits.
  public func integer(_ row: Int, _ column: Int) throws(PostgresError) -> Int64 {
    guard let value = Self.parseInteger(try buffer(row, column)) else {
      throw .decoding("row \(row), column \(column) is not an integer of 64 bits")
    }
    return value
  }

  /// The value of a `real`, `double precision` or `numeric` column, as the nearest double.
  public func real(_ row: Int, _ column: Int) throws(PostgresError) -> Double {
    guard let value = Double(try string(row, column)) else {
      throw .decoding("row \(row), column \(column) is not a number")
    }
    return value
  }

  /// The value of a `boolean` column.
  public func boolean(_ row: Int, _ column: Int) throws(PostgresError) -> Bool {
    let bytes = try buffer(row, column)
    switch bytes.count == 1 ? bytes[0] : 0 {
    case UInt8(ascii: "t"): return true
    case UInt8(ascii: "f"): return false
    default: throw .decoding("row \(row), column \(column) is not a boolean")
    }
  }

  /// The value of a `bytea` column, in the hex format the server sends (PostgreSQL manual 8.4.1).
  public func bytes(_ row: Int, _ column: Int) throws(PostgresError) -> [UInt8] {
    guard let value = Self.parseHexadecimal(try buffer(row, column)) else {
      throw .decoding("row \(row), column \(column) is not bytea in hex format")
    }
    return value
  }

  /// Like `string`, and nil for NULL. Out of range is an error, here and in the others.
  public func optionalString(_ row: Int, _ column: Int) throws(PostgresError) -> String? {
    try isAbsent(row, column) ? nil : try string(row, column)
  }

  /// Like `integer`, and nil for NULL.
  public func optionalInteger(_ row: Int, _ column: Int) throws(PostgresError) -> Int64? {
    try isAbsent(row, column) ? nil : try integer(row, column)
  }

  /// Like `real`, and nil for NULL.
  public func optionalReal(_ row: Int, _ column: Int) throws(PostgresError) -> Double? {
    try isAbsent(row, column) ? nil : try real(row, column)
  }

  /// Like `boolean`, and nil for NULL.
  public func optionalBoolean(_ row: Int, _ column: Int) throws(PostgresError) -> Bool? {
    try isAbsent(row, column) ? nil : try boolean(row, column)
  }

  /// Like `bytes`, and nil for NULL.
  public func optionalBytes(_ row: Int, _ column: Int) throws(PostgresError) -> [UInt8]? {
    try isAbsent(row, column) ? nil : try bytes(row, column)
  }

  private func isAbsent(_ row: Int, _ column: Int) throws(PostgresError) -> Bool {
    guard row >= 0, row < count, column >= 0, column < columnCount else {
      throw .decoding("row \(row), column \(column) is out of range")
    }
    return isNull(row, column)
  }

  private static func parseInteger(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
    let isNegative = bytes.first == UInt8(ascii: "-")
    let digits = bytes.dropFirst(isNegative ? 1 : 0)
    guard !digits.isEmpty else { return nil }
    var value: Int64 = 0
    for byte in digits {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      let digit = Int64(byte - UInt8(ascii: "0"))
      let (shifted, shiftOverflows) = value.multipliedReportingOverflow(by: 10)
      // Built on the negative side when negative: the smallest integer has no positive twin.
      let (next, overflows) =
        isNegative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
      guard !shiftOverflows, !overflows else { return nil }
      value = next
    }
    return value
  }

  private static func parseHexadecimal(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard bytes.count >= 2, bytes.count.isMultiple(of: 2), bytes[0] == UInt8(ascii: "\\"), bytes[1] == UInt8(ascii: "x")
    else { return nil }
    var value: [UInt8] = []
    value.reserveCapacity(bytes.count / 2 - 1)
    for index in stride(from: 2, to: bytes.count, by: 2) {
      guard let high = nibble(bytes[index]), let low = nibble(bytes[index + 1]) else { return nil }
      value.append(high << 4 | low)
    }
    return value
  }

  private static func nibble(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
