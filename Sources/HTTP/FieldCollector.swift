import CMicroHTTPD

/// Gathers the fields of a request from the library's iterator. One is used again and again by the event loop.
final class FieldCollector {
  private(set) var fields: [HeaderGate.RawField] = []
  private let limit: Int

  /// Stops after `limit` fields.
  init(limit: Int) {
    self.limit = limit
  }

  func collect(from connection: OpaquePointer) {
    fields.removeAll(keepingCapacity: true)
    MHD_get_connection_values_n(
      connection, MHD_ValueKind.HEADER_KIND, takeField, Unmanaged.passUnretained(self).toOpaque())
  }

  fileprivate func take(_ field: HeaderGate.RawField) -> Bool {
    fields.append(field)
    return fields.count < limit
  }
}

private func takeField(
  closure: UnsafeMutableRawPointer?, kind: MHD_ValueKind, name: UnsafePointer<CChar>?, nameLength: Int,
  value: UnsafePointer<CChar>?, valueLength: Int
) -> MHD_Result {
  guard let closure else { return .NO }
  let collector = Unmanaged<FieldCollector>.fromOpaque(closure).takeUnretainedValue()
  let field = HeaderGate.RawField(
    name: UnsafeRawBufferPointer(start: name, count: name == nil ? 0 : nameLength),
    value: UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueLength))
  return collector.take(field) ? .YES : .NO
}
