import CMicroHTTPD
import Glibc

/// A response written to the socket past the library, which takes no response while a request is incomplete: for a
/// request that takes too long, and a chunked body that turns out too long. The library has nothing to send at these
/// moments, and the connection is closed afterwards.
enum DirectResponse {
  static func send(_ response: Response, requestId: String, to socket: Int32) {
    let status = response.sendableStatus
    var head = "HTTP/1.1 \(status) \(reasonPhrase(status))\r\nDate: \(date())\r\n"
    for (name, value) in response.fixedHeaders?.fields ?? [] {
      head += "\(name): \(value)\r\n"
    }
    for (name, value) in response.headers where Response.isSendable(name: name, value: value) {
      head += "\(name): \(value)\r\n"
    }
    head += "X-Request-Id: \(requestId)\r\nConnection: close\r\nContent-Length: \(response.body.count)\r\n\r\n"
    let bytes = Array(head.utf8) + response.body
    // What does not fit into the socket's buffer at once is not worth waiting for.
    _ = Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
  }

  private static func reasonPhrase(_ status: Int) -> String {
    MHD_get_reason_phrase_for(UInt32(status)).map { String(cString: $0) } ?? ""
  }

  /// IMF-fixdate (RFC 9110, 5.6.7).
  private static func date() -> String {
    var seconds = time(nil)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900)"
    return "\(day) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
  }
}
