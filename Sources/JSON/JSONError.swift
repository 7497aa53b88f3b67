/// Why a text is no acceptable JSON. Never contains any of the text.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One short sentence.
  public let reason: String
  /// Bytes from the beginning of the text to where the fault was noticed, 0 or more.
  public let byteOffset: Int

  init(_ reason: String, at byteOffset: Int) {
    self.reason = reason
    self.byteOffset = byteOffset
  }

  /// The reason and the offset.
  public var description: String {
    "\(reason) (Byte \(byteOffset).)"
  }
}
