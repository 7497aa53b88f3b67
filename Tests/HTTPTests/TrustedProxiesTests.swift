import Network
import Testing

@testable import HTTP

@Suite("trusted proxies")
struct TrustedProxiesTests {
  @Test(
    "X-Forwarded-For is read from its end, and only as far as trusted proxies wrote it",
    arguments: [
      // One who is no proxy may claim what it wants.
      ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
      ("10.0.0.1", [], "10.0.0.1"), ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
      // The client's own claim comes before what the proxy saw.
      ("10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
      ("10.0.0.1", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
      // Proxies in a row.
      ("10.0.0.1", ["1.1.1.1, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
      ("10.0.0.1", ["10.0.0.3,10.0.0.2"], "10.0.0.3"),
      ("10.0.0.1", ["2001:db8::5, 2001:db8:f::1"], "2001:db8::5"),
      // As some proxies write it.
      ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"), ("10.0.0.1", ["[2001:db8::5]:4711"], "2001:db8::5"),
      ("10.0.0.1", ["[2001:db8::5]"], "2001:db8::5"), ("10.0.0.1", ["\t198.51.100.1 \t"], "198.51.100.1"),
      // What is no address ends what is known.
      ("10.0.0.1", ["198.51.100.1, unknown"], "10.0.0.1"), ("10.0.0.1", ["198.51.100.1,"], "10.0.0.1"),
      ("10.0.0.1", [""], "10.0.0.1"), ("10.0.0.1", ["198.51.100.1, _hidden, 10.0.0.2"], "10.0.0.2"),
      ("10.0.0.1", ["198.51.100.1:99999"], "10.0.0.1"), ("10.0.0.1", ["[2001:db8::5]x"], "10.0.0.1"),
      ("10.0.0.1", ["[2001:db8::5"], "10.0.0.1"), ("10.0.0.1", ["'; DROP TABLE a; --"], "10.0.0.1"),
      ("10.0.0.1", ["\u{FFFD}\u{FFFD}"], "10.0.0.1"), ("10.0.0.1", ["198.51.100.1;10.0.0.2"], "10.0.0.1"),
      ("10.0.0.1", [String(repeating: ",", count: 8_000)], "10.0.0.1"),
    ] as [(String, [String], String)])
  func forwardedFor(peer: String, values: [String], client: String) throws {
    let proxies = TrustedProxies(["10.0.0.0/8", "2001:db8:f::/48"].compactMap { AddressRange($0) })
    let found = proxies.client(behind: try #require(NetworkAddress(peer)), forwardedFor: values)
    #expect(found.description == client)
  }
}
