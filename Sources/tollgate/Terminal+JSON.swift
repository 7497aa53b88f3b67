import JSON

extension Terminal {
  /// One JSON object on one line of standard output.
  static func outputObject(_ members: (inout JSONWriter) -> Void) {
    var writer = JSONWriter()
    writer.beginObject()
    members(&writer)
    writer.endObject()
    output(String(decoding: writer.finish(), as: UTF8.self))
  }
}
