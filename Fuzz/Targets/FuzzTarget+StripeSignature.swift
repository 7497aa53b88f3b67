import Crypto

@testable import API

extension FuzzTarget {
  /// No body counts as signed by Stripe that was not, none with a bit of it or of its signature changed, and none outside
  /// of the tolerance.
  ///
  /// An input is a field `Stripe-Signature` as it is, or, if it begins with a line feed, the two lines of a time and a body
  /// to sign.
  static let stripeSignature = FuzzTarget(name: "stripe-signature") { bytes in
    guard let secrets = StripeSecrets(secret) else { throw Finding("the secret is none") }
    func proves(_ field: [UInt8], _ body: [UInt8]) throws -> Bool {
      try secrets.verdict(on: field[...], of: body, nowSeconds: nowSeconds) != .invalid
    }
    guard bytes.first == UInt8(ascii: "\n") else {
      return try require(try !proves(bytes, bytes), "a body counts as signed that nobody has signed")
    }
    let lines = bytes.dropFirst().split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
    guard lines.count == 2 else { return }
    let (time, body) = (Array(lines[0]), Array(lines[1]))
    let code = try HMACSHA256(key: Array(secret.utf8)).authenticationCode(for: time + [UInt8(ascii: ".")] + body)
    let field = Array("t=".utf8) + time + Array(",v1=\(hexadecimal(code))".utf8)
    let verdict = try secrets.verdict(on: field[...], of: body, nowSeconds: nowSeconds)
    let seconds = Int64(String(decoding: time, as: UTF8.self))
    let isTime = (1...12).contains(time.count) && time.allSatisfy { (0x30...0x39).contains($0) }
    guard isTime, let seconds else {
      return try require(verdict == .invalid, "what is no time is taken for one")
    }
    let isFresh = (nowSeconds - 300...nowSeconds + 300).contains(seconds)
    try require(verdict == (isFresh ? .valid(expectsLive: true) : .stale), "a signed body gets another verdict")
    for index in field.indices {
      var changed = field
      changed[index] ^= 1
      try require(try !proves(changed, body), "a signature still counts with a bit changed")
    }
    for index in body.indices {
      var changed = body
      changed[index] ^= 1
      try require(try !proves(field, changed), "a body still counts as signed with a bit changed")
    }
    try require(try !proves(field, body + [0]), "a body still counts as signed with a byte more")
    try require(try !proves(field + [UInt8(ascii: ",")] + field, body), "a signature counts that has two times")
  }

  /// Known to everybody who reads this: what is shown is that it is needed.
  private static let secret = "whsec_" + String(repeating: "a", count: 32)
  private static let nowSeconds: Int64 = 1_700_000_000

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
