import CCurl

/// Why there is no answer. Never contains the URL, a field or any of a body.
public enum FetchError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The URL is none of https (or of http, where that is not allowed), or names a user; or a field has a control
  /// character in it.
  case invalidRequest
  /// The host has no address.
  case unknownHost
  /// Every address of the host was refused by `mayConnect`.
  case addressRefused
  /// Nobody listens there, or the connection broke.
  case notConnected
  /// The certificate is not one to be trusted for this host, or the file of trusted ones cannot be read.
  case untrusted
  /// It took longer than was granted.
  case tooSlow
  /// More bytes than were granted.
  case tooLong
  /// What came back is no HTTP, or libcurl failed otherwise: its number.
  case failed(code: Int)

  /// One sentence.
  public var description: String {
    switch self {
    case .invalidRequest: "The request is not one for a URL that may be asked."
    case .unknownHost: "The host has no address."
    case .addressRefused: "The host's address is not one to connect to."
    case .notConnected: "There was no connection, or it broke."
    case .untrusted: "The server's certificate is not trusted."
    case .tooSlow: "It took too long."
    case .tooLong: "The answer is too long."
    case .failed(let code): "It failed: libcurl's error \(code)."
    }
  }

  init(_ code: CURLcode) {
    switch code {
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_LOGIN_DENIED: self = .invalidRequest
    case CURLE_COULDNT_RESOLVE_HOST: self = .unknownHost
    case CURLE_COULDNT_CONNECT, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_SSL_CONNECT_ERROR,
      CURLE_PARTIAL_FILE:
      self = .notConnected
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE: self = .untrusted
    case CURLE_OPERATION_TIMEDOUT: self = .tooSlow
    case CURLE_FILESIZE_EXCEEDED: self = .tooLong
    default: self = .failed(code: Int(code.rawValue))
    }
  }
}
