import CCrypto

/// Bytes that nobody but who needs them should see: descriptions and mirrors show none of them, and the memory that holds
/// them is zeroed when the last copy of this value is gone.
///
/// What is made of the bytes outside of `withBytes`, a request or an answer for instance, is zeroed by nobody.
public struct Secret: Sendable {
  private let memory: SecretMemory

  /// Copies the bytes, of which there may be none.
  public init(_ bytes: [UInt8]) { memory = SecretMemory(bytes) }

  /// The UTF-8 of a text.
  public init(_ text: String) { self.init(Array(text.utf8)) }

  public var count: Int { memory.bytes.count }

  /// Lends the bytes; they end with `body`.
  public func withBytes<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
    try withExtendedLifetime(memory) { try body(UnsafeRawBufferPointer(memory.bytes)) }
  }

  /// A copy that nobody zeroes, for what has to be sent.
  public func copy() -> [UInt8] { withBytes { Array($0) } }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "secret" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// Unchecked: the bytes are written once, before anybody else has this, and are only read until nobody has it any more.
private final class SecretMemory: @unchecked Sendable {
  let bytes: UnsafeMutableRawBufferPointer

  init(_ content: [UInt8]) {
    bytes = .allocate(byteCount: content.count, alignment: 1)
    bytes.copyBytes(from: content)
  }

  deinit {
    OPENSSL_cleanse(bytes.baseAddress, bytes.count)
    bytes.deallocate()
  }
}
