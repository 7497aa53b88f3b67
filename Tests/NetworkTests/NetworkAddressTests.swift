import Network
import Testing

@Suite("addresses and ranges")
struct NetworkAddressTests {
  @Test(
    "addresses in numbers are read, and written in their shortest form",
    arguments: [
      ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
      ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:DB8:0:0::1", "2001:db8::1"), ("::", "::"), ("::1", "::1"),
    ])
  func addresses(text: String, written: String) throws {
    let address = try #require(NetworkAddress(text))
    #expect(address.description == written)
    #expect(NetworkAddress(written) == address)
  }

  @Test(
    "anything else is no address",
    arguments: [
      "", " ", "localhost", "192.0.2", "192.0.2.1.", "192.0.2.256", "192.0.2.01", "0x7f.0.0.1", "2130706433",
      "192.0.2.1:80", "192.0.2.1/32", "[::1]", "fe80::1%eth0", ":::1", "1::2::3", "12345::", "::1 ", " ::1", "::1\0",
      "\0", "192.0.2.1\0", "１.1.1.1", "unknown", String(repeating: "1", count: 10_000),
    ])
  func noAddresses(text: String) { #expect(NetworkAddress(text) == nil) }

  @Test("the addresses of one subscriber count together: 64 bits of IPv6, all of IPv4")
  func subscribers() throws {
    let pairs = [
      ("2001:db8:1:2::1", "2001:db8:1:2:ffff::", true), ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
      ("192.0.2.1", "192.0.2.2", false), ("::ffff:192.0.2.1", "192.0.2.1", true),
    ]
    for (left, right, areOne) in pairs {
      let one = try #require(NetworkAddress(left))
      let other = try #require(NetworkAddress(right))
      #expect((one.subscriber == other.subscriber) == areOne, "\(left) and \(right)")
    }
  }

  @Test("only this machine's own addresses are loopback")
  func loopback() throws {
    for text in ["127.0.0.1", "127.255.0.3", "::1", "::ffff:127.0.0.1"] {
      let address = try #require(NetworkAddress(text))
      #expect(address.isLoopback, "\(text)")
    }
    for text in ["128.0.0.1", "126.0.0.1", "::", "::2", "1::1", "2001:db8::7f00:1"] {
      let address = try #require(NetworkAddress(text))
      #expect(!address.isLoopback, "\(text)")
    }
  }

  @Test(
    "a range has the addresses with its beginning and no others",
    arguments: [
      ("10.0.0.0/8", "10.255.1.2", "11.0.0.0"), ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
      ("192.0.2.128/25", "192.0.2.255", "192.0.2.127"), ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
      ("2001:db8::1/128", "2001:db8::1", "2001:db8::"),
      ("2001:db8:0:0:8000::/65", "2001:db8::8000:0:0:1", "2001:db8::1"),
      ("0.0.0.0/0", "255.0.0.1", "2001:db8::1"), ("::ffff:10.0.0.0/104", "10.1.2.3", "11.1.2.3"),
    ])
  func ranges(text: String, inside: String, outside: String) throws {
    let range = try #require(AddressRange(text))
    let inside = try #require(NetworkAddress(inside))
    #expect(range.contains(inside))
    let outside = try #require(NetworkAddress(outside))
    #expect(!range.contains(outside))
  }

  @Test("all of IPv6 is a range with everything in it")
  func everything() throws {
    let range = try #require(AddressRange("::/0"))
    for text in ["192.0.2.1", "ffff::"] {
      let address = try #require(NetworkAddress(text))
      #expect(range.contains(address))
    }
  }

  @Test(
    "anything else is no range",
    arguments: [
      "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/8/8",
      "10.0.0.1/8", "2001:db8::/129", "2001:db8::1/64", "10.0.0.0/99999999999999999999", "10.0.0.0/ 8", "*",
      "10.0.0.0-10.0.0.9", "10.0.0.0/٨",
    ])
  func noRanges(text: String) { #expect(AddressRange(text) == nil) }
}
