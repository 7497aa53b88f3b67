/// Whom a service's token names, for the audit log: a program, or whoever operates it.
public struct ServiceName: Hashable, Sendable {
  public let text: String

  /// 1 to 255 printable characters, of which one can be seen; nil for anything else.
  public init?(_ text: String) {
    guard (1...255).contains(text.unicodeScalars.count), text.isPrintable, text.hasVisibleCharacter else { return nil }
    self.text = text
  }
}
