import CMicroHTTPD
import Glibc

// What the library calls, always on the event loop's thread, from inside `MHD_run` or `MHD_stop_daemon`. They are free
// functions, since a closure handed to C must capture nothing. The closure argument is the event loop, which outlives
// the daemon.

private func loop(_ closure: UnsafeMutableRawPointer) -> EventLoop {
  Unmanaged<EventLoop>.fromOpaque(closure).takeUnretainedValue()
}

func mayConnect(
  closure: UnsafeMutableRawPointer?, address: UnsafePointer<sockaddr>?, length: socklen_t
) -> MHD_Result {
  guard let closure, let address else { return .NO }
  return loop(closure).admits(address) ? .YES : .NO
}

func targetWasReceived(
  closure: UnsafeMutableRawPointer?, target: UnsafePointer<CChar>?, connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
  guard let closure, let target, let connection else { return nil }
  return loop(closure).targetReceived(target, connection)
}

func requestNeedsAttention(
  closure: UnsafeMutableRawPointer?, connection: OpaquePointer?, url: UnsafePointer<CChar>?,
  method: UnsafePointer<CChar>?, version: UnsafePointer<CChar>?, data: UnsafePointer<CChar>?,
  size: UnsafeMutablePointer<Int>?, context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let closure, let connection, let method, let version, let size, let exchange = context?.pointee else {
    return .NO
  }
  return loop(closure).access(
    connection, method: method, version: version, data: data, size: size,
    exchange: Unmanaged<Exchange>.fromOpaque(exchange).takeUnretainedValue())
}

func requestWasCompleted(
  closure: UnsafeMutableRawPointer?, connection: OpaquePointer?,
  context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, reason: MHD_RequestTerminationCode
) {
  guard let closure, let connection, let exchange = context?.pointee else { return }
  context?.pointee = nil
  // Balances the reference that the library was given with the request line.
  loop(closure).completed(Unmanaged<Exchange>.fromOpaque(exchange).takeRetainedValue(), connection)
}

func libraryHasTrouble(closure: UnsafeMutableRawPointer?, format: UnsafePointer<CChar>?, arguments: CVaListPointer?) {
  // The library has nothing else to tell by that a socket could not be accepted.
  let code = errno
  guard let closure else { return }
  loop(closure).troubleReported(code: code)
}

func connectionHasChanged(
  closure: UnsafeMutableRawPointer?, connection: OpaquePointer?,
  context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, change: MHD_ConnectionNotificationCode
) {
  guard let closure, let connection, let context else { return }
  switch change {
  case .CONNECTION_NOTIFY_STARTED:
    context.pointee = loop(closure).connectionStarted(connection)
  case .CONNECTION_NOTIFY_CLOSED:
    guard let state = context.pointee else { return }
    context.pointee = nil
    // Balances the reference that was stored when the connection started.
    loop(closure).connectionClosed(Unmanaged<ConnectionState>.fromOpaque(state).takeRetainedValue())
  }
}
