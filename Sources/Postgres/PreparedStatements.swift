/// Which statements one connection has prepared, and under which names. Sends nothing itself.
struct PreparedStatements {
  /// Each costs the server a cached plan for the life of the connection.
  static let limit = 256

  /// What a plan is made for: the text, and the types its parameters say they have.
  struct Key: Hashable {
    let sql: String
    let types: [ServerType]
  }

  private var names: [Key: String] = [:]
  private var namesGiven = 0
  /// Plans that still exist on the server and are not used any more.
  private(set) var superseded: [String] = []

  /// Whether there is room for one more.
  var hasRoom: Bool { names.count < Self.limit }

  func name(of key: Key) -> String? { names[key] }

  /// A name that this connection has not used before: preparing an existing name is an error, and inside a failed
  /// transaction an old one cannot be removed.
  mutating func nextName() -> String {
    namesGiven += 1
    return "tollgate_\(namesGiven)"
  }

  mutating func remember(_ key: Key, as name: String) { names[key] = name }

  /// Forgets a statement the server refused to run as it was prepared, or whose name the server does not know; in
  /// that case nothing of it remains there.
  mutating func forget(_ key: Key, remainsOnServer: Bool) {
    guard let name = names.removeValue(forKey: key) else { return }
    if remainsOnServer { superseded.append(name) }
  }

  /// The names to deallocate now, each given out once.
  mutating func takeSuperseded() -> [String] {
    defer { superseded = [] }
    return superseded
  }
}
