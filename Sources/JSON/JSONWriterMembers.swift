/// Name and value in one call; an absent value is written as `null`. The names are those of the source: for a name that
/// is found out while running there is `name(_:)`.
extension JSONWriter {
  /// Writes a member that is a string.
  public mutating func member(_ name: StaticString, _ value: String?) {
    self.name(name)
    if let value { string(value) } else { null() }
  }

  /// Writes a member that is an integer.
  public mutating func member(_ name: StaticString, _ value: Int64?) {
    self.name(name)
    if let value { integer(value) } else { null() }
  }

  /// Writes a member that is an integer.
  public mutating func member(_ name: StaticString, _ value: Int?) {
    member(name, value.map(Int64.init))
  }

  /// Writes a member that is a real.
  public mutating func member(_ name: StaticString, _ value: Double?) {
    self.name(name)
    if let value { real(value) } else { null() }
  }

  /// Writes a member that is a boolean.
  public mutating func member(_ name: StaticString, _ value: Bool?) {
    self.name(name)
    if let value { boolean(value) } else { null() }
  }

  /// Writes a member of any kind.
  public mutating func member(_ name: StaticString, _ value: JSONValue?) {
    self.name(name)
    if let value { self.value(value) } else { null() }
  }

  /// Writes a member whose value is already JSON: one complete value.
  public mutating func member(_ name: StaticString, raw value: [UInt8]) {
    self.name(name)
    raw(value)
  }
}
