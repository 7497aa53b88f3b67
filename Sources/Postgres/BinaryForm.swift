/// How values look in binary form, as the types' sending functions write it (src/backend/utils/adt). Nil for another
/// type and for another length.
enum BinaryForm {
  static func integer(_ bytes: UnsafeBufferPointer<UInt8>, _ type: ServerType) -> Int64? {
    switch type {
    case .bigint: number(bytes, Int64.self)
    case .integer: number(bytes, Int32.self).map(Int64.init)
    case .smallint: number(bytes, Int16.self).map(Int64.init)
    default: nil
    }
  }

  static func real(_ bytes: UnsafeBufferPointer<UInt8>, _ type: ServerType) -> Double? {
    switch type {
    case .doublePrecision: number(bytes, UInt64.self).map(Double.init(bitPattern:))
    case .real: number(bytes, UInt32.self).map { Double(Float(bitPattern: $0)) }
    default: nil
    }
  }

  static func boolean(_ bytes: UnsafeBufferPointer<UInt8>, _ type: ServerType) -> Bool? {
    guard type == .boolean, bytes.count == 1 else { return nil }
    return bytes[0] != 0
  }

  static func uuid(_ bytes: UnsafeBufferPointer<UInt8>, _ type: ServerType) -> UInt128? {
    type == .uuid ? number(bytes, UInt128.self) : nil
  }

  /// Microseconds since 1970. The server counts from 2000, and sends the ends of 64 bits for `infinity`.
  static func instant(_ bytes: UnsafeBufferPointer<UInt8>, _ type: ServerType) -> Int64? {
    guard type == .timestampWithTimeZone, let value = number(bytes, Int64.self), value != .min else { return nil }
    let (microseconds, overflows) = value.addingReportingOverflow(946_684_800_000_000)
    return overflows ? nil : microseconds
  }

  private static func number<Number: FixedWidthInteger>(
    _ bytes: UnsafeBufferPointer<UInt8>, _: Number.Type
  ) -> Number? {
    guard bytes.count == MemoryLayout<Number>.size else { return nil }
    return Number(bigEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(as: Number.self))
  }
}
