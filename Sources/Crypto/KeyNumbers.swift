import CCrypto

/// The parts of a key on their way to libcrypto, and the owner of the memory they take meanwhile: libcrypto's builder
/// refers to names and values, and copies neither. Names are therefore literals.
struct KeyNumbers: ~Copyable {
  private let builder: OpaquePointer
  private var numbers: [OpaquePointer] = []
  private var octets: [UnsafeMutableBufferPointer<UInt8>] = []
  private var isComplete = true

  init() throws(PublicKeyError) {
    guard let builder = OSSL_PARAM_BLD_new() else {
      ERR_clear_error()
      throw .libraryFailure
    }
    self.builder = builder
  }

  deinit {
    for number in numbers { BN_free(number) }
    for buffer in octets { buffer.deallocate() }
    OSSL_PARAM_BLD_free(builder)
  }

  /// Adds a number, the most significant byte first.
  mutating func add(_ name: StaticString, number bytes: [UInt8]) {
    guard let number = BN_bin2bn(bytes, Int32(clamping: bytes.count), nil) else {
      isComplete = false
      return
    }
    numbers.append(number)
    let status = name.withCString { OSSL_PARAM_BLD_push_BN(builder, $0, number) }
    if status != 1 { isComplete = false }
  }

  mutating func add(_ name: StaticString, octets bytes: [UInt8]) {
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    _ = buffer.initialize(from: bytes)
    octets.append(buffer)
    let status = name.withCString {
      OSSL_PARAM_BLD_push_octet_string(builder, $0, buffer.baseAddress, buffer.count)
    }
    if status != 1 { isComplete = false }
  }

  mutating func add(_ name: StaticString, text: StaticString) {
    let status = name.withCString { name in
      text.withCString { OSSL_PARAM_BLD_push_utf8_string(builder, name, $0, text.utf8CodeUnitCount) }
    }
    if status != 1 { isComplete = false }
  }

  /// What libcrypto takes, for the caller to free; valid as long as this is. Nil when something could not be added.
  borrowing func parameters() -> UnsafeMutablePointer<OSSL_PARAM>? {
    isComplete ? OSSL_PARAM_BLD_to_param(builder) : nil
  }
}

extension StaticString {
  /// The literal itself, which lives as long as the program and ends with NUL.
  fileprivate func withCString<Value>(_ body: (UnsafePointer<CChar>) -> Value) -> Value {
    utf8Start.withMemoryRebound(to: CChar.self, capacity: utf8CodeUnitCount + 1, body)
  }
}
