/// The parameters of one statement as the arrays libpq wants, with their values in one allocation: a batch has arrays of
/// hundreds of values, and this runs once for each batch.
struct ParameterBlock {
  /// The protocol counts parameters in 16 bits.
  static let limit = 65_535

  /// A value libpq is told about: where it begins, its size, and which form it has.
  private struct Place {
    var offset: Int
    var length: Int32
    var isBinary: Bool
  }

  private var bytes: [UInt8] = []
  private var places: [Place?] = []
  /// The type of each parameter.
  private(set) var types: [ServerType] = []

  init(_ parameters: [Parameter]) throws(PostgresError) {
    guard parameters.count <= Self.limit else { throw .decoding("more than \(Self.limit) parameters") }
    places.reserveCapacity(parameters.count)
    types.reserveCapacity(parameters.count)
    for parameter in parameters {
      let start = bytes.count
      types.append(try append(parameter))
      guard let length = Int32(exactly: bytes.count - start) else { throw .decoding("a parameter of 2 GiB") }
      if case .null = parameter {
        places.append(nil)
      } else {
        places.append(Place(offset: start, length: length, isBinary: types.last != .inferred))
        // The end of a text; behind a binary value it is ignored.
        bytes.append(0)
      }
    }
  }

  var count: Int { places.count }

  /// Lends the values as the array libpq takes; the pointers end with `body`.
  func withPointers<Value>(_ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Value) -> Value {
    bytes.withUnsafeBytes { bytes in
      let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
      let pointers = places.map { place in place.flatMap { base?.advanced(by: $0.offset) } }
      return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
  }

  /// The sizes of the values in bytes, of which libpq looks at those in binary form.
  var lengths: [Int32] { places.map { $0?.length ?? 0 } }

  /// 1 for each value in binary form, 0 for each text.
  var formats: [Int32] { places.map { $0?.isBinary == true ? 1 : 0 } }

  /// Appends the value of a parameter and says its type.
  private mutating func append(_ parameter: Parameter) throws(PostgresError) -> ServerType {
    switch parameter {
    case .null: break
    case .text(let value):
      let start = bytes.count
      bytes.append(contentsOf: value.utf8)
      guard !bytes[start...].contains(0) else { throw .decoding("a NUL byte in a text parameter") }
    case .integer(let value): bytes.append(contentsOf: value.description.utf8)
    case .real(let value): bytes.append(contentsOf: value.description.utf8)
    case .boolean(let value): bytes.append(value ? UInt8(ascii: "t") : UInt8(ascii: "f"))
    case .bytes(let value): appendHexadecimal(value)
    case .array(let values): try appendArray(values)
    case .binary(let value):
      guard !value.hasNULByte else { throw .decoding("a NUL byte in an array parameter") }
      bytes.append(contentsOf: value.bytes)
      return value.type
    }
    return .inferred
  }

  /// The array literal of PostgreSQL manual 8.15.6. Every element is quoted, so that none can be taken for NULL,
  /// a brace or a comma.
  private mutating func appendArray(_ values: [String?]) throws(PostgresError) {
    let quote = UInt8(ascii: "\"")
    let backslash = UInt8(ascii: "\\")
    bytes.append(UInt8(ascii: "{"))
    for (index, value) in values.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      guard let value else {
        bytes.append(contentsOf: "NULL".utf8)
        continue
      }
      bytes.append(quote)
      for byte in value.utf8 {
        guard byte != 0 else { throw .decoding("a NUL byte in an array parameter") }
        if byte == quote || byte == backslash { bytes.append(backslash) }
        bytes.append(byte)
      }
      bytes.append(quote)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  /// The hex format of PostgreSQL manual 8.4.1.
  private mutating func appendHexadecimal(_ value: [UInt8]) {
    bytes.append(contentsOf: "\\x".utf8)
    for byte in value {
      for nibble in [byte >> 4, byte & 0x0F] {
        bytes.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
      }
    }
  }
}
