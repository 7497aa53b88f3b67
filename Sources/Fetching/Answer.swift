import CCurl

/// An answer on its way in. Only the thread that runs the transfer touches it.
final class Answer {
  /// Fields beyond these make the answer too long.
  private static let headerByteLimit = 16_384

  private(set) var headers: [(name: String, value: String)] = []
  private(set) var body: [UInt8] = []
  private(set) var isTooLong = false
  private let bodyLimit: Int
  private var headerByteCount = 0

  init(bodyLimit: Int) { self.bodyLimit = bodyLimit }

  /// False ends the transfer.
  func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= bodyLimit - body.count else {
      isTooLong = true
      return false
    }
    body.append(contentsOf: bytes)
    return true
  }

  /// One line of the header block, or the first line, which begins it anew: an interim answer may have come before.
  func takeField(_ bytes: UnsafeRawBufferPointer) -> Bool {
    headerByteCount += bytes.count
    guard headerByteCount <= Self.headerByteLimit else {
      isTooLong = true
      return false
    }
    let line = String(decoding: bytes, as: UTF8.self)
    if line.hasPrefix("HTTP/") {
      headers = []
      return true
    }
    guard let colon = line.firstIndex(of: ":") else { return true }
    let value = line[line.index(after: colon)...]
    headers.append((name: String(line[..<colon]), value: value.trimmingWhiteSpace()))
    return true
  }
}

extension Substring {
  fileprivate func trimmingWhiteSpace() -> String {
    let isBlank = { (character: Character) in character.isWhitespace }
    guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
      return ""
    }
    return String(self[first...last])
  }
}

/// libcurl's callbacks. Free functions, because libcurl's thread knows no other context than the pointer it gives.
func receiveBody(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ answer: UnsafeMutableRawPointer?
) -> Int {
  receive(bytes, size, count, answer) { $0.takeBody($1) }
}

func receiveField(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ answer: UnsafeMutableRawPointer?
) -> Int {
  receive(bytes, size, count, answer) { $0.takeField($1) }
}

/// Another number than that of the bytes ends the transfer.
private func receive(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ answer: UnsafeMutableRawPointer?,
  _ take: (Answer, UnsafeRawBufferPointer) -> Bool
) -> Int {
  // Of one byte always, libcurl promises.
  let total = size * count
  guard total > 0 else { return 0 }
  guard let bytes, let answer else { return 0 }
  let receiver = Unmanaged<Answer>.fromOpaque(answer).takeUnretainedValue()
  return take(receiver, UnsafeRawBufferPointer(start: bytes, count: total)) ? total : 0
}
