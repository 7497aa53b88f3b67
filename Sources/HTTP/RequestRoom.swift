/// Arrays that one request after another is read into, so that most need no memory of their own.
///
/// Arrays are copied on write: what a handler or a slow request still holds stays as it is, and the next request gets
/// new memory. Belongs to the event loop.
struct RequestRoom {
  var target: [UInt8] = []
  /// The header fields with everything between them.
  var section: [UInt8] = []
  var positions: [HeaderFields.Position] = []
  private var body: [UInt8] = []

  /// A longer body's memory is not kept.
  private static let bodyLimitBytes = 65_536
  private static let announcedLimitBytes = 4_096

  /// An empty array with room for a body, or for its beginning: what was only announced takes no memory.
  mutating func takeBody(byteCount: Int) -> [UInt8] {
    var taken: [UInt8] = []
    swap(&taken, &body)
    taken.removeAll(keepingCapacity: true)
    taken.reserveCapacity(min(byteCount, Self.announcedLimitBytes))
    return taken
  }

  /// Takes back a body whose handler has returned.
  mutating func giveBack(body used: [UInt8]) {
    if used.capacity <= Self.bodyLimitBytes { body = used }
  }
}

extension Array {
  /// Becomes a copy of the elements, in the memory there is if nobody else holds it.
  mutating func refill(with elements: some Collection<Element>) {
    removeAll(keepingCapacity: true)
    append(contentsOf: elements)
  }
}
