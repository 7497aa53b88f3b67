/// Makes request ids that no other process makes: 64 random bits drawn once, then a counter.
struct RequestIdentifiers {
  private let prefix: UInt64
  private var counter: UInt64 = 0

  init() {
    var generator = SystemRandomNumberGenerator()
    prefix = generator.next()
  }

  mutating func next() -> String {
    counter &+= 1
    let (prefix, counter) = (prefix, counter)
    return String(unsafeUninitializedCapacity: 33) { buffer in
      Self.write(prefix, to: buffer, at: 0)
      buffer[16] = UInt8(ascii: "-")
      Self.write(counter, to: buffer, at: 17)
      return 33
    }
  }

  private static func write(_ number: UInt64, to buffer: UnsafeMutableBufferPointer<UInt8>, at offset: Int) {
    var rest = number
    for index in stride(from: offset + 15, through: offset, by: -1) {
      let digit = UInt8(truncatingIfNeeded: rest & 0xF)
      buffer[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
      rest >>= 4
    }
  }
}
