import Glibc

/// Why a server could not start. `code` is an errno.
public enum ServerError: Error, Equatable, CustomStringConvertible {
  /// The host is no numeric address, or a limit is not positive.
  case configuration(String)
  case cannotListen(host: String, port: UInt16, code: Int32)
  /// The HTTP library refused to start.
  case library
  case cannotStartThread(code: Int32)
  /// `start()` was called before.
  case alreadyStarted

  public var description: String {
    switch self {
    case .configuration(let text): text
    case .cannotListen(let host, let port, let code):
      "cannot listen on \(host) port \(port) (\(String(cString: strerror(code)))); choose another address or port"
    case .library: "the HTTP library refused to start"
    case .cannotStartThread(let code): "cannot start the event loop's thread, errno \(code)"
    case .alreadyStarted: "the server was started before"
    }
  }
}
