import Crypto
import Testbed

@testable import API

extension CallerKind {
  /// Everybody who has an API key, or something that looks like one.
  static func keys(_ served: ServedDatabase, tenant: Tenant, other: Tenant) async throws -> [CallerKind] {
    let server = served.server
    var kinds: [CallerKind] = []
    let sets = [["read"], ["spend"], ["admin"], ["read", "spend"], ["read", "spend", "admin"]]
    for (owner, whose) in [(tenant.organizationID as String?, "its organization's"), (nil, "the service's")] {
      for scopes in sets {
        let key = try await server.makeKey(of: owner, scopes)
        kinds.append(
          CallerKind(
            "\(whose) key for \(scopes.joined(separator: ", "))", "Bearer \(key.text)",
            owner == nil ? .serviceKey(Set(scopes)) : .ownKey(Set(scopes))))
      }
    }
    let foreign = try await server.makeKey(of: other.organizationID, ["read", "spend", "admin"])
    kinds.append(CallerKind("another organization's key", "Bearer \(foreign.text)", .otherKey))
    return kinds + (try await unprovenKeys(served, tenant)).map { CallerKind($0, "Bearer \($1)", .unproven) }
  }

  /// Texts that no key of today has.
  private static func unprovenKeys(_ served: ServedDatabase, _ tenant: Tenant) async throws -> [(String, String)] {
    let server = served.server
    let good = try await server.makeKey(of: tenant.organizationID, ["admin"]).text
    let body = Array(good.utf8.prefix(31)) + (try Base62.random(digitCount: 40))
    let forged = body + Base62.encode(UInt128(crc32(body[...])), digitCount: 6)
    var texts = [
      ("a key that was never made", try APIKeyText.make().text),
      ("a key with another secret", String(decoding: forged, as: UTF8.self)),
      ("a key with another checksum", String(good.dropLast(6)) + "000000"),
      ("a key without its end", String(good.dropLast())), ("a key with a letter more", good + "0"),
      ("a key in capitals", good.uppercased()), ("a key's beginning", "tg_live_"),
      ("a key's public part", String(good.prefix(31))), ("a key of another kind", "tg_test_" + good.dropFirst(8)),
      ("a key in quotes", "\"\(good)\""), ("two keys", "\(good), \(good)"),
    ]
    for (name, ending) in [
      ("a revoked key", "revoked_at = now()"), ("an expired key", "expires_at = now()"),
      ("a replaced key", "replaced_by = key_id, grace_ends_at = now()"),
    ] {
      let key = try await server.makeKey(of: tenant.organizationID, ["admin"])
      try await served.script("UPDATE tollgate.api_keys SET \(ending) WHERE key_id = '\(key.id)'")
      texts.append((name, key.text))
    }
    return texts
  }
}
