import Crypto
import Testing
import Tokens
import Vault

@Suite("sealing")
struct SealerTests {
  private static let organizations = [
    OrganizationID("6f1c2a52-5f0e-4c57-9d4a-2f7f1c0a9b11"), OrganizationID("6f1c2a52-5f0e-4c57-9d4a-2f7f1c0a9b12"), nil,
  ]

  private static func subjects() throws -> [SealedSubject] {
    var subjects: [SealedSubject] = []
    for purpose in SealedSubject.Purpose.allCases {
      for organization in organizations {
        for provider in ["drive", "drive_", "driv"] {
          subjects.append(SealedSubject(purpose, of: organization, at: try #require(ProviderName(provider))))
        }
      }
    }
    return subjects
  }

  private static func sealer(_ keys: String...) throws -> Sealer {
    Sealer(try #require(VaultKeys(keys.joined(separator: ","))))
  }

  @Test("what is sealed opens as the same subject, and as none of the others: organization, provider, purpose")
  func subjects() throws {
    let sealer = try Self.sealer(VaultKeys.make(id: "one"))
    let secret = Secret("refresh")
    for subject in try Self.subjects() {
      let sealed = try sealer.seal(secret, as: subject)
      for other in try Self.subjects() {
        if other == subject {
          #expect(try sealer.open(sealed, as: other).copy() == secret.copy())
        } else {
          #expect(throws: SealError.notAuthentic) { try sealer.open(sealed, as: other) }
        }
      }
    }
  }

  @Test("each bit of a sealed value counts, and so does its length")
  func bits() throws {
    let sealer = try Self.sealer(VaultKeys.make(id: "one"), VaultKeys.make(id: "ond"))
    let subject = try Self.subjects()[0]
    let sealed = try sealer.seal(Secret("abc"), as: subject)
    for bit in 0..<(sealed.bytes.count * 8) {
      var bytes = sealed.bytes
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: SealError.self) { try sealer.open(SealedBytes(bytes), as: subject) }
    }
    for count in 0..<sealed.bytes.count {
      #expect(throws: SealError.self) { try sealer.open(SealedBytes(Array(sealed.bytes.prefix(count))), as: subject) }
    }
    #expect(throws: SealError.self) { try sealer.open(SealedBytes(sealed.bytes + [0]), as: subject) }
  }

  @Test("the same secret is never sealed to the same bytes, and an empty one not at all")
  func fresh() throws {
    let sealer = try Self.sealer(VaultKeys.make(id: "one"))
    let subject = try Self.subjects()[0]
    let values = try (1...1000).map { _ in try sealer.seal(Secret("abc"), as: subject).bytes }
    #expect(Set(values).count == 1000)
    #expect(Set(values.map { Array($0[5..<17]) }).count == 1000)
    #expect(throws: CryptoError.invalidLength) { try sealer.seal(Secret(""), as: subject) }
  }

  @Test("the first key seals, each of them opens, and one that is gone does not")
  func keys() throws {
    let (old, new) = (try VaultKeys.make(id: "old"), try VaultKeys.make(id: "new"))
    let subject = try Self.subjects()[0]
    let before = try Self.sealer(old)
    let both = try Self.sealer(new, old)
    let sealed = try before.seal(Secret("abc"), as: subject)
    #expect(before.isCurrent(sealed) && !both.isCurrent(sealed))
    #expect(try both.open(sealed, as: subject).copy() == Array("abc".utf8))
    #expect(both.isCurrent(try both.seal(Secret("abc"), as: subject)))
    #expect(throws: SealError.unknownKey) { try Self.sealer(new).open(sealed, as: subject) }
    // Another key of the same name.
    #expect(throws: SealError.notAuthentic) {
      try Self.sealer(VaultKeys.make(id: "old")).open(sealed, as: subject)
    }
  }

  @Test("keys are 32 bytes in Base64, each id and each key once")
  func settings() throws {
    let key = encodeBase64(try randomBytes(32))
    let other = encodeBase64(try randomBytes(32))
    #expect(VaultKeys("a:\(key)")?.ids == ["a"])
    #expect(VaultKeys("a:\(key),2026-11_x.y:\(other)")?.ids == ["a", "2026-11_x.y"])
    let id = String(repeating: "a", count: 32)
    #expect(VaultKeys("\(id):\(key)") != nil)
    for setting in [
      "", "a", "a:", ":\(key)", "a:\(key),", ",a:\(key)", "a:\(key) ", "a:\(key.dropLast())", "a:\(key)=",
      "a:\(key),a:\(other)", "a:\(key),b:\(key)", "a b:\(key)", "\(id)a:\(key)", "é:\(key)",
      "a:\(encodeBase64(try randomBytes(31)))", "a:\(encodeBase64(try randomBytes(33)))", "a:\(key)\n",
      (1...17).map { "k\($0):\(encodeBase64([UInt8](repeating: UInt8($0), count: 32)))" }.joined(separator: ","),
    ] {
      #expect(VaultKeys(setting) == nil, "\(setting.count) characters")
    }
  }

  @Test("descriptions, mirrors and dumps of keys and secrets show neither")
  func bland() throws {
    let canary = "canary-of-this-test"
    let secret = Secret(canary)
    let setting = try VaultKeys.make(id: "one")
    let keys = try #require(VaultKeys(setting))
    let base64 = String(setting.dropFirst(4))
    var dumped = ""
    dump([secret], to: &dumped)
    dump(keys, to: &dumped)
    dump(Sealer(keys), to: &dumped)
    for text in [
      "\(secret)", String(reflecting: secret), "\([secret])", "\(keys)", String(reflecting: Sealer(keys)), dumped,
    ] {
      #expect(!text.contains(canary) && !text.contains(base64) && !text.contains("99, 97, 110"))
    }
  }
}
