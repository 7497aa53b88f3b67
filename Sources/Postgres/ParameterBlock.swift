/// The parameters of one statement as the C strings libpq wants, in one allocation: a batch has arrays of hundreds
/// of values, and this runs once for each batch.
struct ParameterBlock {
  /// The protocol counts parameters in 16 bits.
  static let limit = 65_535

  private var text: [UInt8] = []
  private var offsets: [Int?] = []

  init(_ parameters: [Parameter]) throws(PostgresError) {
    guard parameters.count <= Self.limit else { throw .decoding("more than \(Self.limit) parameters") }
    offsets.reserveCapacity(parameters.count)
    for parameter in parameters {
      if case .null = parameter {
        offsets.append(nil)
        continue
      }
      offsets.append(text.count)
      try append(parameter)
      text.append(0)
    }
  }

  var count: Int { offsets.count }

  /// Lends the values as the array libpq takes; the pointers end with `body`.
  func withPointers<Value>(_ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Value) -> Value {
    text.withUnsafeBytes { bytes in
      let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
      let pointers = offsets.map { offset in offset.flatMap { base?.advanced(by: $0) } }
      return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
  }

  private mutating func append(_ parameter: Parameter) throws(PostgresError) {
    switch parameter {
    case .null: break
    case .text(let value):
      let start = text.count
      text.append(contentsOf: value.utf8)
      guard !text[start...].contains(0) else { throw .decoding("a NUL byte in a text parameter") }
    case .integer(let value): append(value)
    case .real(let value): text.append(contentsOf: value.description.utf8)
    case .boolean(let value): text.append(letter(value))
    case .bytes(let value): appendHexadecimal(value)
    case .array(let values): try appendArray(values)
    case .integers(let values): appendList(values) { block, value in block.append(value) }
    case .optionalIntegers(let values):
      appendList(values) { block, value in
        if let value { block.append(value) } else { block.text.append(contentsOf: "NULL".utf8) }
      }
    case .booleans(let values): appendList(values) { block, value in block.text.append(block.letter(value)) }
    }
  }

  private func letter(_ value: Bool) -> UInt8 { value ? UInt8(ascii: "t") : UInt8(ascii: "f") }

  private mutating func append(_ value: Int64) { text.append(contentsOf: value.description.utf8) }

  private mutating func appendList<Value>(_ values: [Value], _ append: (inout ParameterBlock, Value) -> Void) {
    text.append(UInt8(ascii: "{"))
    for (index, value) in values.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      append(&self, value)
    }
    text.append(UInt8(ascii: "}"))
  }

  /// The array literal of PostgreSQL manual 8.15.6. Every element is quoted, so that none can be taken for NULL,
  /// a brace or a comma.
  private mutating func appendArray(_ values: [String?]) throws(PostgresError) {
    let quote = UInt8(ascii: "\"")
    let backslash = UInt8(ascii: "\\")
    var hasNUL = false
    appendList(values) { block, value in
      guard let value else { return block.text.append(contentsOf: "NULL".utf8) }
      block.text.append(quote)
      for byte in value.utf8 {
        if byte == quote || byte == backslash { block.text.append(backslash) }
        if byte == 0 { hasNUL = true }
        block.text.append(byte)
      }
      block.text.append(quote)
    }
    guard !hasNUL else { throw .decoding("a NUL byte in an array parameter") }
  }

  /// The hex format of PostgreSQL manual 8.4.1.
  private mutating func appendHexadecimal(_ bytes: [UInt8]) {
    text.append(contentsOf: "\\x".utf8)
    for byte in bytes {
      for nibble in [byte >> 4, byte & 0x0F] {
        text.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
      }
    }
  }
}
