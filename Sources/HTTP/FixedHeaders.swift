/// Header fields that many responses have in common. What `Response.headers` is checked for with each response, these
/// are checked for once.
public final class FixedHeaders: Sendable {
  /// Those that can be sent, in order.
  let fields: [(name: String, value: String)]
  /// Names and values in turn, each with a NUL behind it.
  private let text: [CChar]

  /// - Parameter fields: the rules of `Response.headers` hold for them.
  public init(_ fields: [(String, String)]) {
    let sendable = fields.filter { Response.isSendable(name: $0.0, value: $0.1) }
    self.fields = sendable.map { (name: $0.0, value: $0.1) }
    text = sendable.flatMap { Array($0.0.utf8CString) + Array($0.1.utf8CString) }
  }

  /// Lends each field as C strings.
  func forEach(_ body: (_ name: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>) -> Void) {
    text.withUnsafeBufferPointer { text in
      guard var name = text.baseAddress else { return }
      for field in fields {
        let value = name + field.name.utf8.count + 1
        body(name, value)
        name = value + field.value.utf8.count + 1
      }
    }
  }
}
