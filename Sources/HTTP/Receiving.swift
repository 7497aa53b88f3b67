import CReceive

/// How an event loop sees what its library receives, as it came.
///
/// `CReceive` takes the place of the C library's `recv` in every program that has this module
/// (docs/decisions/0006-lenient-parser-strict-gate.md).
extension EventLoop {
  /// Sees what the calling thread receives, as long as `body` runs.
  func observingReceived(_ body: () -> Void) {
    receive_observe(bytesWereReceived, Unmanaged.passUnretained(self).toOpaque())
    body()
    receive_observe(nil, nil)
  }

  fileprivate func received(_ bytes: UnsafeRawBufferPointer, from socket: Int32) {
    guard let connection = sockets[socket] else { return }
    let stage = connection.exchange?.stage ?? .headers
    connection.received.append(bytes, isBehindHeaderBlock: stage != .headers)
  }
}

private func bytesWereReceived(
  closure: UnsafeMutableRawPointer?, socket: Int32, bytes: UnsafeRawPointer?, count: Int
) {
  guard let closure else { return }
  Unmanaged<EventLoop>.fromOpaque(closure).takeUnretainedValue()
    .received(UnsafeRawBufferPointer(start: bytes, count: count), from: socket)
}
