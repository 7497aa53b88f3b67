import Accounts
import Crypto
import Locking
import Log
import Postgres
import Testing

@testable import API

/// What a server remembers of tokens that it has verified. The time is a number here.
@Suite("Tokens that were verified before")
struct VerifiedTokensTests {
  private static let user = "3f1b7c9e-0000-4000-8000-00000000000f"

  private final class Time: Sendable {
    let seconds = Mutex<Int64>(1_000)
  }

  /// Somebody to show tokens to, who remembers so many of them.
  private final class Door: Sendable {
    let time = Time()
    private let accounts: Accounts
    private let authenticator: CallerAuthenticator
    private let minter: TokenMinter

    init(limit: Int) throws {
      let secret = try randomBytes(32)
      minter = try TokenMinter(secret: secret)
      // API keys are asked for there, and none is shown.
      accounts = Accounts(settings: ConnectionSettings("postgres://nobody@127.0.0.1:1/none"))
      let keys = APIKeys(accounts: accounts, log: Logger(level: .error, format: .json) { _ in })
      let verifier = TokenVerifier(keys: [.hs256(try HS256Key(secret: secret))], issuer: nil, audience: nil)
      authenticator = CallerAuthenticator(
        verifier: verifier, clock: WallClock { [time] in time.seconds.withLock { $0 } * 1_000 }, keys: keys,
        verified: VerifiedTokens(limit: limit))
    }

    deinit { accounts.shutDown() }

    /// A token that is good for a minute of this time, and different from all others.
    func token(_ number: Int = 0, lifetimeSeconds: Int64 = 60) throws -> [UInt8] {
      Array(
        try minter.mint(
          subject: VerifiedTokensTests.user, role: "authenticated", lifetimeSeconds: lifetimeSeconds, nowSeconds: 1_000,
          audience: "\(number)"
        ).utf8)
    }

    func remembers(_ token: [UInt8]) -> Bool { authenticator.remembers(token[...]) }

    /// 200, or the status of the refusal.
    func status(of token: [UInt8]) -> Int? {
      let status = Mutex<Int?>(nil)
      authenticator.prove(token[...]) { result in
        status.withLock {
          switch result {
          case .success: $0 = 200
          case .failure(let problem): $0 = problem.code.status
          }
        }
      }
      return status.withLock { $0 }
    }
  }

  @Test("never more are remembered than there is room for, and one that was forgotten is verified anew")
  func bound() throws {
    let door = try Door(limit: 8)
    let tokens = try (0..<100).map { try door.token($0) }
    for (count, token) in tokens.enumerated() {
      #expect(!door.remembers(token))
      #expect(door.status(of: token) == 200)
      #expect(door.remembers(token))
      let remembered = tokens[...count].filter(door.remembers)
      #expect(remembered.count <= 8 && remembered.contains(token))
    }
    #expect(!door.remembers(tokens[0]))
    #expect(door.status(of: tokens[0]) == 200)
    #expect(door.remembers(tokens[0]))
    // What is verified anew is judged by what holds now.
    door.time.seconds.withLock { $0 = 1_060 }
    #expect(door.status(of: tokens[1]) == 401)
  }

  @Test("the room of a server is 20,000 tokens")
  func room() {
    let verified = VerifiedTokens()
    func token(_ number: Int) -> [UInt8] { Array("a token of some length, number \(100_000 + number)".utf8) }
    let proven = ProvenCaller(caller: .service(nil), expiresAtSeconds: 2)
    for number in 0..<20_000 {
      verified.remember(proven, of: token(number)[...], expiresAtSeconds: 2, generation: 0)
    }
    let count = { (numbers: Range<Int>) in
      numbers.count { verified.caller(of: token($0)[...], nowSeconds: 1, generation: 0) != nil }
    }
    #expect(count(0..<20_000) == 20_000)
    verified.remember(proven, of: token(20_000)[...], expiresAtSeconds: 2, generation: 0)
    #expect(count(0..<20_001) == 1)
  }

  @Test("a token that is remembered is refused from the second on in which it expires")
  func expiry() throws {
    let door = try Door(limit: 8)
    let (token, other) = (try door.token(), try door.token(1, lifetimeSeconds: 3_600))
    #expect(door.status(of: token) == 200 && door.status(of: other) == 200)
    door.time.seconds.withLock { $0 = 1_059 }
    #expect(door.remembers(token))
    #expect(door.status(of: token) == 200)
    door.time.seconds.withLock { $0 = 1_060 }
    #expect(!door.remembers(token))
    #expect(door.status(of: token) == 401)
    #expect(door.remembers(other) && door.status(of: other) == 200)
    // It was forgotten, and is no longer there when the clock is set back.
    door.time.seconds.withLock { $0 = 1_059 }
    #expect(!door.remembers(token))
  }

  @Test("a token with any one byte changed, cut off or added is not taken for the remembered one")
  func changed() throws {
    let door = try Door(limit: 8)
    let token = try door.token()
    #expect(door.status(of: token) == 200)
    for index in token.indices {
      for bit in [UInt8(0x01), 0x20] {
        var other = token
        other[index] ^= bit
        #expect(!door.remembers(other), "byte \(index)")
        #expect(door.status(of: other) == 401, "byte \(index)")
      }
    }
    for other in [
      Array(token.dropLast()), Array(token.dropFirst()), token + [0x41], [0x41] + token, [], Array(token.suffix(16)),
    ] {
      #expect(!door.remembers(other))
      #expect(door.status(of: other) == 401)
    }
    #expect(door.remembers(token) && door.status(of: token) == 200)
  }

  @Test("what was verified with other keys is not remembered")
  func generations() {
    let verified = VerifiedTokens(limit: 8)
    let token = Array("a token of some length"[...].utf8)
    let proven = ProvenCaller(caller: .service(nil), expiresAtSeconds: 2)
    verified.remember(proven, of: token[...], expiresAtSeconds: 2, generation: 1)
    #expect(verified.caller(of: token[...], nowSeconds: 1, generation: 1) != nil)
    #expect(verified.caller(of: token[...], nowSeconds: 1, generation: 2) == nil)
    #expect(verified.caller(of: token[...], nowSeconds: 1, generation: 1) == nil)
  }
}
