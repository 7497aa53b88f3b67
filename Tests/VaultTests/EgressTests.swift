import Fetching
import Network
import Testing

@Suite("where providers may be")
struct EgressTests {
  @Test(
    "this machine, its network, what a cloud tells its machines, and ways around are not connected to",
    arguments: [
      "127.0.0.1", "127.255.255.255", "::1", "::", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
      "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "192.0.0.192", "198.18.0.1", "224.0.0.1",
      "255.255.255.255", "240.0.0.1", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1",
      "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1",
      "100::1",
    ])
  func inwards(text: String) throws {
    #expect(!Egress().mayConnect(to: try #require(NetworkAddress(text))))
  }

  @Test(
    "addresses of the internet are, up to the edges of what is reserved",
    arguments: [
      "1.1.1.1", "9.255.255.255", "11.0.0.0", "126.255.255.255", "128.0.0.0", "172.15.255.255", "172.32.0.0",
      "192.167.255.255", "192.169.0.0", "100.63.255.255", "100.128.0.0", "169.253.255.255", "223.255.255.255",
      "2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888", "::ffff:1.1.1.1",
    ])
  func outwards(text: String) throws {
    #expect(Egress().mayConnect(to: try #require(NetworkAddress(text))))
  }

  @Test("an operator allows ranges, and no more than those")
  func allowed() throws {
    let egress = Egress(allowing: [try #require(AddressRange("10.1.0.0/16")), try #require(AddressRange("::1"))])
    for (text, isAllowed) in [("10.1.2.3", true), ("10.2.0.0", false), ("::1", true), ("127.0.0.1", false)] {
      #expect(egress.mayConnect(to: try #require(NetworkAddress(text))) == isAllowed, "\(text)")
    }
  }
}
