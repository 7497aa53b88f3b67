import CMicroHTTPD

/// Owns one reference to a response of the library, which takes another when the response is queued.
struct ResponseHandle: ~Copyable {
  private let pointer: OpaquePointer

  /// nil when there is no memory.
  init?(_ response: Response, requestId: String, more: FixedHeaders?, closesConnection: Bool) {
    guard let created = response.sharedBody.map({ $0.makeResponse() }) ?? Self.copy(response.body) else { return nil }
    pointer = created
    for fields in [response.fixedHeaders, more] {
      fields?.forEach { [pointer] name, value in
        MHD_add_response_header(pointer, name, value)
      }
    }
    for (name, value) in response.headers where Response.isSendable(name: name, value: value) {
      MHD_add_response_header(pointer, name, value)
    }
    requestId.withCString { [pointer] in Self.add("X-Request-Id", $0, to: pointer) }
    if closesConnection { "close".withCString { [pointer] in Self.add("Connection", $0, to: pointer) } }
  }

  /// The body is copied: the array may be gone before the last byte is sent.
  private static func copy(_ body: [UInt8]) -> OpaquePointer? {
    body.withUnsafeBytes { body in
      MHD_create_response_from_buffer(
        body.count, UnsafeMutableRawPointer(mutating: body.baseAddress), MHD_ResponseMemoryMode.RESPMEM_MUST_COPY)
    }
  }

  /// Spares the copy that a `String` for a parameter of C is. A `StaticString` ends with a NUL.
  private static func add(_ name: StaticString, _ value: UnsafePointer<CChar>, to pointer: OpaquePointer) {
    name.withUTF8Buffer { name in
      guard let start = name.baseAddress else { return }
      MHD_add_response_header(pointer, UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self), value)
    }
  }

  /// Whether the library took it.
  borrowing func queue(on connection: OpaquePointer, status: Int) -> Bool {
    MHD_queue_response(connection, UInt32(status), pointer) == .YES
  }

  deinit {
    MHD_destroy_response(pointer)
  }
}
