import CMicroHTTPD

/// The body of many responses, in memory once: a client that takes its time to read it holds no copy of its own.
///
/// Unchecked because the bytes are written before anybody else has the object, and never again.
public final class SharedBody: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer

  public init(_ content: some Collection<UInt8>) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: content.count, alignment: 1)
    memory.copyBytes(from: content)
    bytes = UnsafeRawBufferPointer(memory)
  }

  deinit {
    bytes.deallocate()
  }

  /// A response of the library that keeps this alive as long as it needs it. nil when there is no memory.
  func makeResponse() -> OpaquePointer? {
    let reference = Unmanaged.passRetained(self)
    let response = MHD_create_response_from_buffer_with_free_callback_cls(
      bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress),
      { closure in
        guard let closure else { return }
        Unmanaged<SharedBody>.fromOpaque(closure).release()
      }, reference.toOpaque())
    if response == nil { reference.release() }
    return response
  }
}
