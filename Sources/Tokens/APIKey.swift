/// A secret that a program shows instead of a user's token.
public enum APIKey {
  /// How long the old key may stay valid after a rotation, in seconds: up to 30 days.
  public static let graceRangeSeconds: ClosedRange<Int64> = 0...2_592_000
  /// A day.
  public static let defaultGraceSeconds: Int64 = 86_400
  /// How long a name may be, in Unicode scalars.
  public static let nameLengthRange = 1...200
}

/// The public part of a key. It may be shown and logged.
public typealias APIKeyID = Identifier<APIKey>

/// What a key may be used for.
public struct KeyScopes: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Looks and changes nothing.
  public static let read = KeyScopes(rawValue: 1)
  /// Moves tokens of the organization.
  public static let spend = KeyScopes(rawValue: 2)
  /// Everything that the key's owner may do: of an organization's key both of the above, of the service's also
  /// administration.
  public static let admin = KeyScopes(rawValue: 4)

  private static let known: [(name: String, scope: KeyScopes)] = [("read", read), ("spend", spend), ("admin", admin)]

  /// Reads the names `read`, `spend` and `admin`; nil for none at all, for another one, and for one that comes twice.
  public init?(names: [String]) {
    var scopes: KeyScopes = []
    for name in names {
      guard let scope = Self.known.first(where: { $0.name.utf8.elementsEqual(name.utf8) })?.scope,
        scopes.insert(scope).inserted
      else { return nil }
    }
    guard !scopes.isEmpty else { return nil }
    self = scopes
  }

  /// The names, in the order read, spend, admin.
  public var names: [String] { Self.known.filter { contains($0.scope) }.map(\.name) }
}

/// A key as administrators see it. Times are microseconds since 1970.
public struct APIKeyDetails: Sendable {
  /// What a key is good for at the moment.
  public enum Status: String, CaseIterable, Sendable {
    /// Valid.
    case active
    /// Replaced, and valid until its grace is over.
    case inGrace = "in_grace"
    /// Replaced, and not valid any more.
    case replaced
    case expired
    case revoked
  }

  public var id: APIKeyID
  /// Nil: the service.
  public var organizationID: OrganizationID?
  public var name: String
  public var scopes: KeyScopes
  public var status: Status
  public var createdAtMicroseconds: Int64
  /// The key that asked for it; nil: a trusted server's token, or an operator.
  public var createdBy: APIKeyID?
  /// Nil: never.
  public var expiresAtMicroseconds: Int64?
  /// The key that took its place.
  public var replacedBy: APIKeyID?
  /// Of a key that was replaced: when it ends.
  public var graceEndsAtMicroseconds: Int64?
  public var revokedAtMicroseconds: Int64?
  /// To the minute; nil: never.
  public var lastUsedAtMicroseconds: Int64?

  public init(
    id: APIKeyID, organizationID: OrganizationID?, name: String, scopes: KeyScopes, status: Status,
    createdAtMicroseconds: Int64, createdBy: APIKeyID?, expiresAtMicroseconds: Int64?, replacedBy: APIKeyID?,
    graceEndsAtMicroseconds: Int64?, revokedAtMicroseconds: Int64?, lastUsedAtMicroseconds: Int64?
  ) {
    self.id = id
    self.organizationID = organizationID
    self.name = name
    self.scopes = scopes
    self.status = status
    self.createdAtMicroseconds = createdAtMicroseconds
    self.createdBy = createdBy
    self.expiresAtMicroseconds = expiresAtMicroseconds
    self.replacedBy = replacedBy
    self.graceEndsAtMicroseconds = graceEndsAtMicroseconds
    self.revokedAtMicroseconds = revokedAtMicroseconds
    self.lastUsedAtMicroseconds = lastUsedAtMicroseconds
  }
}

/// What an administrator asks for.
public struct NewAPIKey: Sendable {
  /// Nil: a key of the service.
  public var organizationID: OrganizationID?
  /// 1 to 200 characters, for people.
  public var name: String
  public var scopes: KeyScopes
  /// Microseconds since 1970, in the future; nil: never.
  public var expiresAtMicroseconds: Int64?
  /// The key that asks for it; nil: none did.
  public var createdBy: APIKeyID?

  public init(
    organizationID: OrganizationID?, name: String, scopes: KeyScopes, expiresAtMicroseconds: Int64? = nil,
    createdBy: APIKeyID? = nil
  ) {
    self.organizationID = organizationID
    self.name = name
    self.scopes = scopes
    self.expiresAtMicroseconds = expiresAtMicroseconds
    self.createdBy = createdBy
  }
}
