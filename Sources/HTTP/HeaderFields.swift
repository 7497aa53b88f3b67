/// The header fields of a request, in the order they came. Names are compared without regard to ASCII case.
///
/// The bytes are kept as they were sent and become a `String` only when one is asked for.
public struct HeaderFields: Sendable {
  /// Where a field's name and value lie in `bytes`.
  struct Position: Sendable {
    var nameStart: UInt32
    var nameEnd: UInt32
    var valueStart: UInt32
    var valueEnd: UInt32
  }

  private let bytes: [UInt8]
  private let positions: [Position]

  /// Every position must lie inside `bytes`.
  init(bytes: [UInt8], positions: [Position]) {
    self.bytes = bytes
    self.positions = positions
  }

  /// Fields from names and values, for calling a handler without a server.
  public init(_ fields: [(String, String)] = []) {
    var bytes: [UInt8] = []
    var positions: [Position] = []
    for (name, value) in fields {
      let nameStart = UInt32(truncatingIfNeeded: bytes.count)
      bytes.append(contentsOf: name.utf8)
      let nameEnd = UInt32(truncatingIfNeeded: bytes.count)
      bytes.append(contentsOf: value.utf8)
      let valueEnd = UInt32(truncatingIfNeeded: bytes.count)
      positions.append(Position(nameStart: nameStart, nameEnd: nameEnd, valueStart: nameEnd, valueEnd: valueEnd))
    }
    self.init(bytes: bytes, positions: positions)
  }

  /// How many fields there are.
  public var count: Int { positions.count }

  /// The value of the first field of that name, without the white space around it, or nil when there is none.
  /// Bytes that are no UTF-8 come out as U+FFFD.
  public subscript(_ name: String) -> String? {
    for position in positions where matches(position, name) { return value(at: position) }
    return nil
  }

  /// The same as bytes, without a copy. `name` must be in lower case.
  public func bytes(of name: StaticString) -> ArraySlice<UInt8>? {
    for position in positions where position.nameEnd - position.nameStart == name.utf8CodeUnitCount {
      let isFound = bytes.withUnsafeBytes { bytes in
        ByteClass.equal(.init(rebasing: bytes[Int(position.nameStart)..<Int(position.nameEnd)]), name)
      }
      if isFound { return bytes[Int(position.valueStart)..<Int(position.valueEnd)] }
    }
    return nil
  }

  /// The values of all fields of that name, in order.
  public func values(of name: String) -> [String] {
    positions.filter { matches($0, name) }.map(value(at:))
  }

  /// All fields with their names as they were sent, in order.
  public var all: [(name: String, value: String)] {
    positions.map { position in
      let name = bytes[Int(position.nameStart)..<Int(position.nameEnd)]
      return (String(decoding: name, as: UTF8.self), value(at: position))
    }
  }

  private func value(at position: Position) -> String {
    String(decoding: bytes[Int(position.valueStart)..<Int(position.valueEnd)], as: UTF8.self)
  }

  private func matches(_ position: Position, _ name: String) -> Bool {
    let wanted = name.utf8
    guard wanted.count == Int(position.nameEnd - position.nameStart) else { return false }
    var index = Int(position.nameStart)
    for byte in wanted {
      guard ByteClass.lowercased(byte) == ByteClass.lowercased(bytes[index]) else { return false }
      index += 1
    }
    return true
  }
}
