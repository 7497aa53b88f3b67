import Testing
import Tokens

@Suite("Dimensions")
struct DimensionsTests {
  @Test("the same quantities are the same in any order")
  func order() {
    let dimensions = Dimensions([("output", 1), ("input", 2)])
    #expect(dimensions == Dimensions([("input", 2), ("output", 1)]))
    #expect(dimensions?.quantities.map(\.dimension) == ["input", "output"])
  }

  @Test("there are 1 to 16, of different names, each from 0 to 10^15")
  func bounds() {
    #expect(Dimensions([]) == nil)
    #expect(Dimensions([("a", 0)]) != nil)
    #expect(Dimensions([("a", -1)]) == nil)
    #expect(Dimensions([("a", 1_000_000_000_000_000)]) != nil)
    #expect(Dimensions([("a", 1_000_000_000_000_001)]) == nil)
    #expect(Dimensions([("a", 1), ("a", 1)]) == nil)
    #expect(Dimensions((0..<16).map { ("d\($0)", 1) }) != nil)
    #expect(Dimensions((0..<17).map { ("d\($0)", 1) }) == nil)
  }

  @Test("names are a lower-case letter and up to 62 letters, digits or underscores")
  func names() {
    for name in ["a", "input_2", String(repeating: "x", count: 63)] { #expect(Dimensions.isName(name)) }
    for name in ["", "A", "1a", "_a", "a-b", "é", "a ", String(repeating: "x", count: 64)] {
      #expect(!Dimensions.isName(name))
    }
  }
}
