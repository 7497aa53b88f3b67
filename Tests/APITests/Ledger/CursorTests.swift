import Crypto
import JSON
import Testbed
import Testing
import Tokens

@testable import API

@Suite("Cursors")
struct CursorTests {
  private let served: ServedDatabase
  private var server: TestServer { served.server }

  init() async throws { served = try await .shared() }

  /// The cursor behind the first row of a tenant's ledger.
  private func cursor(_ tenant: Tenant, _ query: String = "") async throws -> String {
    let page = try await server.call("GET", Path.ledger + "?limit=1" + query, token: tenant.token).json()
    return try #require(page["nextCursor"]?.string)
  }

  private func status(_ tenant: Tenant, _ query: String) async throws -> Int {
    try await server.call("GET", Path.ledger + "?limit=1" + query, token: tenant.token).status
  }

  @Test("a cursor of another organization is none of this one's")
  func foreign() async throws {
    let mine = try await served.makeTenant()
    let other = try await served.makeTenant()
    let cursor = try await cursor(mine)
    #expect(try await status(mine, "&cursor=\(cursor)") == 200)
    #expect(try await status(other, "&cursor=\(cursor)") == 400)
  }

  @Test(
    "a cursor goes with the filter it was made for",
    arguments: ["&kind=allocation", "&tokenType=general", "&from=2020-01-01T00:00:00Z", "&to=2120-01-01T00:00:00Z"])
  func filter(query: String) async throws {
    let tenant = try await served.makeTenant()
    let cursor = try await cursor(tenant)
    #expect(try await status(tenant, "&cursor=\(cursor)") == 200)
    #expect(try await status(tenant, query + "&cursor=\(cursor)") == 400)
    // The same instant in other words is the same filter, and the size of a page is none.
    let ofAll = try await self.cursor(tenant, "&to=2120-01-01T00:00:00Z")
    #expect(try await status(tenant, "&to=2120-01-01T01:00:00.000%2B01:00&cursor=\(ofAll)") == 200)
  }

  @Test("a cursor with any byte changed, cut off or added is refused")
  func tampered() async throws {
    let tenant = try await served.makeTenant()
    let cursor = try await cursor(tenant)
    var bytes = try #require(decodeBase64URL(cursor))
    for index in bytes.indices {
      bytes[index] ^= 0x40
      #expect(try await status(tenant, "&cursor=\(encodeBase64URL(bytes))") == 400)
      bytes[index] ^= 0x40
    }
    for other in [String(cursor.dropLast(2)), cursor + "AA", cursor + "=", String(cursor.reversed())] {
      #expect(try await status(tenant, "&cursor=\(other)") == 400)
    }
  }

  @Test("servers with the same secret read each other's cursors, and others do not")
  func servers() throws {
    func cursors(_ secret: UInt8) throws -> PageCursors {
      let key = try HS256Key(secret: Array(repeating: secret, count: 32))
      return PageCursors(TokenVerifier(keys: [.hs256(key)], issuer: nil, audience: nil))
    }
    let id = TransactionID(high: 1, low: 2)
    let list = Array("list".utf8)
    let cursor = try cursors(1).cursor(behind: id, of: list)
    #expect(try cursors(1).row(of: cursor, in: list) == id)
    #expect(throws: Problem.self) { try cursors(2).row(of: cursor, in: list) }
    #expect(throws: Problem.self) { try cursors(1).row(of: cursor, in: Array("lists".utf8)) }
  }

  @Test("without a secret each server reads its own cursors and no other's")
  func withoutSecret() throws {
    let (mine, other) = (
      PageCursors(TokenVerifier(keys: [], issuer: nil, audience: nil)),
      PageCursors(TokenVerifier(keys: [], issuer: nil, audience: nil))
    )
    let id = TransactionID(high: 1, low: 2)
    let cursor = try mine.cursor(behind: id, of: [])
    #expect(try mine.row(of: cursor, in: []) == id)
    #expect(throws: Problem.self) { try other.row(of: cursor, in: []) }
    #expect(throws: Problem.self) { try mine.row(of: encodeBase64URL(Array(repeating: 0, count: 32)), in: []) }
  }
}
