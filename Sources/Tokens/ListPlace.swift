/// Where a page of a sorted list ends. The next one begins behind it, whatever has become of the row meanwhile.
public struct ListPlace<Subject>: Sendable {
  public let id: Identifier<Subject>
  /// What the row was sorted by: a name, a number, or microseconds since 1970.
  public let sortKey: String

  public init(id: Identifier<Subject>, sortKey: String) {
    self.id = id
    self.sortKey = sortKey
  }
}
