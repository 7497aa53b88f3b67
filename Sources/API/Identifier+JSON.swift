import JSON
import Tokens

extension JSONWriter {
  /// Writes a member that is a UUID, or `null`.
  mutating func member<Subject>(_ name: StaticString, _ identifier: Identifier<Subject>?) {
    self.name(name)
    guard let identifier else { return null() }
    string(plainByteCount: Identifier<Subject>.textByteCount) { identifier.writeText(to: $0) }
  }
}
