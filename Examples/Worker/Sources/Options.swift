/// What the worker was started with.
struct Options {
  struct Unusable: Error, CustomStringConvertible { let description: String }

  let url: String
  let credential: String
  /// How many batches of offers it queries, and how many offers are in each.
  private(set) var batches = 3
  private(set) var offers = 3
  /// How many prices it wants decided.
  private(set) var decisions = 5
  /// What the stand-in takes for an offer, in tokens.
  private(set) var offerTokens = 6...12

  init(_ arguments: [String], _ environment: [String: String]) throws {
    guard let url = environment["TOLLGATE_URL"], let credential = environment["TOLLGATE_TOKEN"] else {
      throw Unusable(description: "set TOLLGATE_URL and TOLLGATE_TOKEN")
    }
    (self.url, self.credential) = (url, credential)
    var words = arguments[...]
    while let word = words.popFirst() {
      guard let number = words.popFirst().flatMap({ Int($0) }), number >= 0 else {
        throw Unusable(description: "\(word) needs a number")
      }
      switch word {
      case "--batches": batches = number
      case "--offers": offers = number
      case "--decisions": decisions = number
      case "--offer-tokens": offerTokens = number...number
      default: throw Unusable(description: "there is no option \(word)")
      }
    }
  }
}
