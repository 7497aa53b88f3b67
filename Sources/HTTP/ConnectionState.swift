import CMicroHTTPD
import Glibc
import Network

/// One accepted socket, on the event loop's thread only. The library owns the socket; this ends before it is closed.
final class ConnectionState {
  let handle: OpaquePointer
  let socket: Int32
  /// The peer's.
  let address: NetworkAddress?
  let remoteAddress: String
  /// Whether the peer is a proxy whose word is taken for whom it speaks.
  let isTrustedProxy: Bool
  /// Where it stands in the event loop's list.
  var index: Int
  var phase: ConnectionPhase
  var requestCount = 0
  /// The request under way, if its request line has arrived.
  var exchange: Exchange?
  /// What has come from the client.
  var received = ReceivedBytes()
  /// Set when what the client still sends must be read after the response, lest its reset overtake the response.
  var lingers = false
  /// Set when the socket was shut down: nothing more is sent on it.
  var isShutDown = false
  /// When the client was first seen to have finished in the middle of a request.
  private var unfinishedSince: Instant?

  init(handle: OpaquePointer, index: Int, trustedProxies: TrustedProxies, now: Instant) {
    self.handle = handle
    self.index = index
    socket = microhttpd_socket(handle)
    address = microhttpd_peer(handle).flatMap { NetworkAddress($0) }
    remoteAddress = address?.description ?? ""
    isTrustedProxy = address.map(trustedProxies.contains) ?? false
    phase = .idle(since: now)
  }

  /// Ends the connection from outside of the library, which notices and cleans up.
  func shutDown() {
    isShutDown = true
    shutdown(socket, Int32(SHUT_RDWR))
  }

  /// Lets nothing more be sent; what the library still sends fails, and it cleans up.
  func takesNoResponse() {
    isShutDown = true
    shutdown(socket, Int32(SHUT_WR))
  }

  /// Whether the client has neither closed nor finished. The one thing that other threads ask, as long as a request is
  /// with the application: the socket is open until then, and nothing of it is changed.
  var isClientThere: Bool {
    var byte: UInt8 = 0
    let count = recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
    return count > 0 || count < 0 && (errno == EAGAIN || errno == EINTR)
  }

  /// Moves an idle connection on to `.header` once a byte of a request has come, and closes a connection whose client
  /// has finished without a request to answer. The library tells of a request only when its first line is complete, and can miss a FIN that comes
  /// together with a request, so the kernel is asked. `settlingSeconds` is how long a turn of the event loop takes at
  /// most: until then, the library may just not have come to what it has read.
  func noticeClient(now: Instant, settlingSeconds: Double) {
    endUnfinishedRequest(now: now, settlingSeconds: settlingSeconds)
    guard case .idle(let since) = phase, let received = ReceiveState(socket: socket) else { return }
    if received.isFinished {
      if now.seconds(since: since) > settlingSeconds { shutDown() }
      return
    }
    if requestCount == 0 {
      if received.totalBytes > 0 { phase = .header(since: since) }
      return
    }
    let last = Instant(nanoseconds: now.nanoseconds - Int64(received.millisecondsSinceLast) * 1_000_000)
    // The kernel counts in ticks of up to 10 ms: only what came clearly later belongs to the next request.
    if last.seconds(since: since) > 0.02 { phase = .header(since: last) }
  }

  /// Closes a connection whose client has finished before its request was complete: the rest will never come, and
  /// waiting for it until the timeout would keep the place from others.
  private func endUnfinishedRequest(now: Instant, settlingSeconds: Double) {
    switch phase {
    case .header, .body: break
    default:
      unfinishedSince = nil
      return
    }
    var byte: UInt8 = 0
    // 0 is the end of what the client sends, with nothing before it that the library has not read.
    guard recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) == 0 else {
      unfinishedSince = nil
      return
    }
    guard let since = unfinishedSince else {
      unfinishedSince = now
      return
    }
    if now.seconds(since: since) > settlingSeconds / 2 { shutDown() }
  }
}

/// What the kernel says of a socket's incoming bytes.
private struct ReceiveState {
  let totalBytes: UInt64
  let millisecondsSinceLast: UInt32
  /// The client has sent a FIN.
  let isFinished: Bool

  /// Reads `TCP_INFO`. nil when the kernel does not tell, as before Linux 4.1.
  init?(socket: Int32) {
    // Offsets of tcpi_last_data_recv and tcpi_bytes_received in struct tcp_info of linux/tcp.h, which only ever grows.
    // glibc's own declaration of the structure ends before the second.
    let lastOffset = 52
    let totalOffset = 128
    // On the stack: this is asked of thousands of idle connections.
    let told = withUnsafeTemporaryAllocation(byteCount: totalOffset + 8, alignment: 8) { information in
      var length = socklen_t(information.count)
      guard getsockopt(socket, Int32(IPPROTO_TCP), TCP_INFO, information.baseAddress, &length) == 0,
        length == information.count
      else { return nil as (UInt32, UInt64, Bool)? }
      // tcpi_state comes first; 8 is TCP_CLOSE_WAIT.
      return (
        information.load(fromByteOffset: lastOffset, as: UInt32.self),
        information.load(fromByteOffset: totalOffset, as: UInt64.self), information[0] == 8
      )
    }
    guard let told else { return nil }
    (millisecondsSinceLast, totalBytes, isFinished) = told
  }
}
