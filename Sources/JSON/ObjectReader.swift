/// Reads the members of one request object and remembers which were read: the others are refused at the end.
///
/// `null` counts as an absent member everywhere but in `value`.
public struct ObjectReader: Sendable {
  private let object: JSONObject
  /// The places of the members that were read: of the first 64 as bits, of those behind them as numbers.
  private var readBits: UInt64 = 0
  private var readBehind: Set<Int> = []

  /// A reader of an object.
  ///
  /// - Throws: `ReadingError` with `notAnObject` for every other value.
  public init(_ value: JSONValue) throws(ReadingError) {
    guard case .object(let object) = value else { throw ReadingError(member: nil, problem: .notAnObject) }
    self.init(object)
  }

  /// A reader of an object.
  public init(_ object: JSONObject) {
    self.object = object
  }

  /// A member of any kind, `nil` when absent.
  public mutating func optionalValue(_ name: String) -> JSONValue? {
    guard let index = object.index(of: name) else { return nil }
    if index < UInt64.bitWidth { readBits |= 1 << UInt64(index) } else { readBehind.insert(index) }
    let value = object.members[index].value
    if case .null = value { return nil }
    return value
  }

  /// A string, `nil` when absent.
  ///
  /// - Throws: `wrongType`, and `outOfRange` when it is longer than `maximumBytes` in UTF-8.
  public mutating func optionalString(
    _ name: String, maximumBytes: Int = .max
  ) throws(ReadingError) -> String? {
    guard let value = optionalValue(name) else { return nil }
    guard case .string(let string) = value else {
      throw ReadingError(member: name, problem: .wrongType(.string))
    }
    guard string.utf8.count <= maximumBytes else {
      throw ReadingError(member: name, problem: .outOfRange, bounds: "at most \(maximumBytes) bytes long")
    }
    return string
  }

  /// An integer, `nil` when absent.
  ///
  /// - Throws: `wrongType`, also for `1.0` and `1e2`, and `outOfRange`.
  public mutating func optionalInteger(
    _ name: String, in range: ClosedRange<Int64> = Int64.min...Int64.max
  ) throws(ReadingError) -> Int64? {
    guard let value = optionalValue(name) else { return nil }
    guard case .integer(let integer) = value else {
      throw ReadingError(member: name, problem: .wrongType(.integer))
    }
    guard range.contains(integer) else {
      throw ReadingError(
        member: name, problem: .outOfRange, bounds: "from \(range.lowerBound) to \(range.upperBound)")
    }
    return integer
  }

  /// A boolean, `nil` when absent.
  ///
  /// - Throws: `wrongType`.
  public mutating func optionalBoolean(_ name: String) throws(ReadingError) -> Bool? {
    guard let value = optionalValue(name) else { return nil }
    guard case .boolean(let boolean) = value else {
      throw ReadingError(member: name, problem: .wrongType(.boolean))
    }
    return boolean
  }

  /// An array, `nil` when absent.
  ///
  /// - Throws: `wrongType`.
  public mutating func optionalArray(_ name: String) throws(ReadingError) -> [JSONValue]? {
    guard let value = optionalValue(name) else { return nil }
    guard case .array(let array) = value else { throw ReadingError(member: name, problem: .wrongType(.array)) }
    return array
  }

  /// An object, `nil` when absent.
  ///
  /// - Throws: `wrongType`.
  public mutating func optionalObject(_ name: String) throws(ReadingError) -> JSONObject? {
    guard let value = optionalValue(name) else { return nil }
    guard case .object(let object) = value else { throw ReadingError(member: name, problem: .wrongType(.object)) }
    return object
  }

  /// To be called when every known member was read.
  ///
  /// - Parameter allowingUnknownMembers: Whether members that nobody read are let through.
  /// - Throws: `unknownMember` for the first one.
  public func finish(allowingUnknownMembers: Bool = false) throws(ReadingError) {
    guard !allowingUnknownMembers else { return }
    for (index, member) in object.members.enumerated() where !wasRead(index) {
      throw ReadingError(member: member.name, problem: .unknownMember)
    }
  }

  private func wasRead(_ index: Int) -> Bool {
    index < UInt64.bitWidth ? readBits & 1 << UInt64(index) != 0 : readBehind.contains(index)
  }
}

/// Members that must be there.
extension ObjectReader {
  /// A member of any kind, of which `null` is one.
  ///
  /// - Throws: `missing`.
  public mutating func value(_ name: String) throws(ReadingError) -> JSONValue {
    if let value = optionalValue(name) { return value }
    guard object.index(of: name) != nil else { throw ReadingError(member: name, problem: .missing) }
    return .null
  }

  /// A string that must be there.
  ///
  /// - Throws: `missing`, and what `optionalString` throws.
  public mutating func string(_ name: String, maximumBytes: Int = .max) throws(ReadingError) -> String {
    try require(name, optionalString(name, maximumBytes: maximumBytes))
  }

  /// An integer that must be there.
  ///
  /// - Throws: `missing`, and what `optionalInteger` throws.
  public mutating func integer(
    _ name: String, in range: ClosedRange<Int64> = Int64.min...Int64.max
  ) throws(ReadingError) -> Int64 {
    try require(name, optionalInteger(name, in: range))
  }

  /// A boolean that must be there.
  ///
  /// - Throws: `missing` and `wrongType`.
  public mutating func boolean(_ name: String) throws(ReadingError) -> Bool {
    try require(name, optionalBoolean(name))
  }

  /// An array that must be there.
  ///
  /// - Throws: `missing` and `wrongType`.
  public mutating func array(_ name: String) throws(ReadingError) -> [JSONValue] {
    try require(name, optionalArray(name))
  }

  /// An object that must be there.
  ///
  /// - Throws: `missing` and `wrongType`.
  public mutating func object(_ name: String) throws(ReadingError) -> JSONObject {
    try require(name, optionalObject(name))
  }

  private func require<Value>(_ name: String, _ value: Value?) throws(ReadingError) -> Value {
    guard let value else { throw ReadingError(member: name, problem: .missing) }
    return value
  }
}
