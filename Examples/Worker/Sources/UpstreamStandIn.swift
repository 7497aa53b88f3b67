import Foundation

/// In place of the real upstream: a server on the loopback address that takes a line and answers a line.
///
/// `query 3` answers how many tokens a query with 3 offers took; `decide …` answers a price; `total` answers the tokens
/// that it has taken altogether, its own figure.
final class UpstreamStandIn: Sendable {
  let port: UInt16
  private let listener: Int32
  private let offerTokens: ClosedRange<Int>

  /// Takes for each offer, by chance, a number of tokens between these.
  init(offerTokens: ClosedRange<Int>) throws {
    self.offerTokens = offerTokens
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = Loopback.address(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = Loopback.with(&address) { pointer in
      bind(listener, pointer, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, pointer, &length) == 0
    }
    guard isListening else { throw Options.Unusable(description: "no port for the stand-in: \(errno)") }
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    // It blocks, so it has a thread of its own.
    Thread.detachNewThread { [self] in serve() }
  }

  /// One client after the other: the worker is the only one.
  private func serve() {
    var total = 0
    while true {
      let client = accept(listener, nil, nil)
      guard client >= 0 else { return }
      let lines = LineStream(client)
      while let line = lines.read(), lines.write(answer(line, &total)) {}
    }
  }

  private func answer(_ line: String, _ total: inout Int) -> String {
    let words = line.split(separator: " ", maxSplits: 1)
    switch words.first {
    case "query":
      let offers = words.last.flatMap { Int($0) } ?? 0
      let taken = (0..<max(offers, 0)).reduce(1) { sum, _ in sum + Int.random(in: offerTokens) }
      total += taken
      return "\(taken)"
    case "decide": return "lower the price"
    case "total": return "\(total)"
    default: return "what?"
    }
  }
}
