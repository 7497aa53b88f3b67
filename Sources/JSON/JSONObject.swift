/// The members of a JSON object, in the order in which they were written.
///
/// Names are compared as UTF-8 bytes, not by canonical equivalence, and are unique. Looking one up walks the members:
/// the objects of this program have a handful.
public struct JSONObject: Sendable {
  /// A name and its value.
  public struct Member: Sendable, Equatable {
    /// The name, escapes resolved.
    public let name: String
    /// The value.
    public internal(set) var value: JSONValue

    /// Two members are equal when their names are the same bytes and their values are equal.
    public static func == (left: Member, right: Member) -> Bool {
      left.name.hasSameBytes(as: right.name) && left.value == right.value
    }
  }

  /// The members in order.
  public private(set) var members: [Member]

  /// An object without members.
  public init() {
    members = []
  }

  /// Takes members whose names the caller knows to be unique.
  init(uniqueMembers: [Member]) {
    members = uniqueMembers
  }

  /// The names in order.
  public var names: [String] {
    members.map(\.name)
  }

  /// The value of a member, `nil` when there is none; JSON's `null` is the value `.null`.
  ///
  /// Setting replaces in place or appends; setting `nil` removes.
  public subscript(_ name: String) -> JSONValue? {
    get {
      index(of: name).map { members[$0].value }
    }
    set {
      switch (index(of: name), newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append(Member(name: name, value: value))
      case (nil, nil): break
      }
    }
  }

  func index(of name: String) -> Int? {
    members.firstIndex { $0.name.hasSameBytes(as: name) }
  }
}

extension JSONObject: Equatable {
  /// Whether both have the same members; their order does not count.
  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    guard left.members.count == right.members.count else { return false }
    if left.members == right.members { return true }
    // Sorted rather than looked up one by one: an object of thousands of members must not cost its square.
    return left.sortedMembers() == right.sortedMembers()
  }

  private func sortedMembers() -> [Member] {
    members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}
