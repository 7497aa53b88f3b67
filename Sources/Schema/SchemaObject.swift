/// A file of `sql/functions`, `sql/views` or `sql/policies`: the current text of an object, applied again whenever it
/// changes.
public struct SchemaObject: Sendable, Equatable {
  public let path: String
  public let text: String
  /// SHA-256 of the text, in hexadecimal.
  public let checksum: String

  init(path: String, text: String) {
    self.path = path
    self.text = text
    checksum = Schema.checksum(of: text)
  }

  /// Functions have bodies, which are looked into once all that they name is there.
  var isFunction: Bool { path.hasPrefix(SchemaFiles.functionFolder) }
}
