/// A value in PostgreSQL's binary form, which the server takes as it is, without parsing a text.
///
/// Numbers have their most significant byte first; a UUID is a number of 128 bits.
public struct BinaryValue: Sendable {
  let type: ServerType
  /// What the type's receiving function reads, such as `array_recv` (src/backend/utils/adt/arrayfuncs.c).
  let bytes: [UInt8]
  /// Whether a text in it has a NUL byte, which PostgreSQL has no place for.
  let hasNULByte: Bool

  /// A value of a type whose binary form is a number.
  init<Number: FixedWidthInteger>(_ number: Number, _ type: ServerType) {
    self.type = type
    bytes = withUnsafeBytes(of: number.bigEndian) { [UInt8]($0) }
    hasNULByte = false
  }

  /// An array of numbers; nil is NULL.
  init<Number: FixedWidthInteger>(
    _ type: ServerType, of element: ServerType, count: Int, _ number: (Int) -> Number?
  ) {
    let size = MemoryLayout<Number>.size
    self.type = type
    hasNULByte = false
    bytes = [UInt8](unsafeUninitializedCapacity: ArrayHeader.size + count * (4 + size)) { buffer, end in
      let memory = UnsafeMutableRawBufferPointer(buffer)
      var header = ArrayHeader(element: element, count: count)
      end = header.length
      for index in 0..<count {
        if let value = number(index) {
          memory.storeBytes(of: UInt32(size).bigEndian, toByteOffset: end, as: UInt32.self)
          memory.storeBytes(of: value.bigEndian, toByteOffset: end + 4, as: Number.self)
          end += 4 + size
        } else {
          memory.storeBytes(of: ArrayHeader.lengthOfNull.bigEndian, toByteOffset: end, as: UInt32.self)
          end += 4
          header.hasNull = true
        }
      }
      header.write(to: memory)
    }
  }

  /// An array of texts, each behind the same prefix; nil is NULL.
  init(_ type: ServerType, of element: ServerType, count: Int, prefix: [UInt8] = [], _ text: (Int) -> String?) {
    var header = ArrayHeader(element: element, count: count)
    var hasNULByte = false
    var bytes: [UInt8] = []
    bytes.reserveCapacity(ArrayHeader.size + count * 32)
    bytes.append(contentsOf: repeatElement(0, count: header.length))
    for index in 0..<count {
      if var text = text(index) {
        text.withUTF8 { characters in
          bytes.append(mostSignificantFirst: UInt32(clamping: prefix.count + characters.count))
          bytes.append(contentsOf: prefix)
          bytes.append(contentsOf: characters)
          if characters.contains(0) { hasNULByte = true }
        }
      } else {
        bytes.append(mostSignificantFirst: ArrayHeader.lengthOfNull)
        header.hasNull = true
      }
    }
    bytes.withUnsafeMutableBytes { header.write(to: $0) }
    self.type = type
    self.bytes = bytes
    self.hasNULByte = hasNULByte
  }
}

/// What an array of one dimension begins with; an empty one has no dimension.
private struct ArrayHeader {
  static let size = 20
  /// What NULL has in place of a length.
  static let lengthOfNull = UInt32.max

  let element: ServerType
  let count: Int
  var hasNull = false

  init(element: ServerType, count: Int) {
    self.element = element
    self.count = count
  }

  /// In bytes.
  var length: Int { count == 0 ? 12 : Self.size }

  func write(to memory: UnsafeMutableRawBufferPointer) {
    let lowerBound: UInt32 = 1
    let words = [count == 0 ? 0 : 1, hasNull ? 1 : 0, element.identifier, UInt32(clamping: count), lowerBound]
    for (index, word) in words.prefix(length / 4).enumerated() {
      memory.storeBytes(of: word.bigEndian, toByteOffset: index * 4, as: UInt32.self)
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(mostSignificantFirst number: UInt32) {
    Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
  }
}
