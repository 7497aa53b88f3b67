import Testing
import Tokens

@Suite("Identifiers")
struct IdentifierTests {
  private static let text = "0189f7a0-1b2c-7d3e-8f40-5a6b7c8d9eff"

  @Test("an identifier reads and writes the form of RFC 9562")
  func roundTrip() throws {
    let identifier = try #require(OrganizationID(Self.text))
    #expect(identifier.description == Self.text)
    #expect(identifier == OrganizationID(high: 0x0189_f7a0_1b2c_7d3e, low: 0x8f40_5a6b_7c8d_9eff))
    #expect("\(identifier)" == Self.text)
  }

  @Test("upper case reads as the same identifier, and is written in lower case")
  func upperCase() {
    #expect(UserID(Self.text.uppercased())?.description == Self.text)
    #expect(UserID(Self.text.uppercased()) == UserID(Self.text))
  }

  @Test("the smallest and the largest identifier keep their zeros and their bits")
  func extremes() {
    let zero = "00000000-0000-0000-0000-000000000000"
    let ones = "ffffffff-ffff-ffff-ffff-ffffffffffff"
    #expect(UserID(zero) == UserID(high: 0, low: 0))
    #expect(UserID(high: 0, low: 0).description == zero)
    #expect(UserID(ones) == UserID(high: .max, low: .max))
    #expect(UserID(high: .max, low: .max).description == ones)
  }

  @Test(
    "anything but 36 characters of digits and hyphens in their places is refused",
    arguments: [
      "", "-", "0189f7a0-1b2c-7d3e-8f40-5a6b7c8d9ef", "0189f7a0-1b2c-7d3e-8f40-5a6b7c8d9eff0",
      "0189f7a01b2c7d3e8f405a6b7c8d9eff", "{0189f7a0-1b2c-7d3e-8f40-5a6b7c8d9eff}",
      "urn:uuid:0189f7a0-1b2c-7d3e-8f40-5a6b7c8d9eff", " 0189f7a0-1b2c-7d3e-8f40-5a6b7c8d9eff",
      "0189f7a0-1b2c-7d3e-8f40-5a6b7c8d9eff\n", "0189f7a0-1b2c-7d3e-8f40-5a6b7c8d9efg",
      "0189f7a0-1b2c-7d3e-8f405-a6b7c8d9eff", "0189f7a0_1b2c_7d3e_8f40_5a6b7c8d9eff",
      "+189f7a0-1b2c-7d3e-8f40-5a6b7c8d9eff", "0189f7a0-1b2c-7d3e-8f40-5a6b7c8d9ef\u{ff11}",
      "0189f7a0-1b2c-7d3e-8f40-5a6b7c8d9e\u{301}f", "0189f7a0-1b2c-7d3e-8f40-5a6b7c8d9ef\0",
    ])
  func refused(text: String) {
    #expect(OrganizationID(text) == nil)
  }

  @Test("a time-ordered id carries its milliseconds, version 7 and the variant of RFC 9562")
  func timeOrdered() {
    let milliseconds: UInt64 = 1_700_000_000_123
    let text = TransactionID.timeOrdered(milliseconds: milliseconds).description
    let hexadecimal = text.replacing("-", with: "")
    #expect(UInt64(hexadecimal.prefix(12), radix: 16) == milliseconds)
    #expect(hexadecimal.dropFirst(12).first == "7")
    #expect(["8", "9", "a", "b"].contains(hexadecimal.dropFirst(16).first))
  }

  @Test("a time beyond 48 bits loses its upper bits and spoils neither version nor variant")
  func farFuture() {
    let hexadecimal = TransactionID.timeOrdered(milliseconds: .max).description.replacing("-", with: "")
    #expect(hexadecimal.hasPrefix("ffffffffffff7"))
  }

  @Test("ids of a later millisecond sort behind earlier ones as text")
  func order() {
    let ids = (0..<200).map { TransactionID.timeOrdered(milliseconds: 1_700_000_000_000 + $0).description }
    #expect(ids == ids.sorted())
  }

  @Test("of the caller's random bits as many are kept as the form has room for, version and variant stay")
  func timeOrderedFromNumbers() {
    let ones = TransactionID.timeOrdered(milliseconds: 1, random: (.max, .max))
    #expect(ones.description == "00000000-0001-7fff-bfff-ffffffffffff")
    let zeros = TransactionID.timeOrdered(milliseconds: 1, random: (0, 0))
    #expect(zeros.description == "00000000-0001-7000-8000-000000000000")
  }

  @Test("10,000 ids of one millisecond are 10,000 different ones")
  func unique() {
    let ids = Set((0..<10_000).map { _ in TransactionID.timeOrdered(milliseconds: 1) })
    #expect(ids.count == 10_000)
  }
}
