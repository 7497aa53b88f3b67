public import JSON
public import Tokens

extension APIKeyDetails {
  /// Writes the members of a key, for the API and for scripts: all but the key itself, which nobody has any more.
  public func write(to writer: inout JSONWriter) {
    writer.member("keyId", id)
    writer.member("prefix", APIKeyText.publicPart(of: id))
    writer.member("organizationId", organizationID)
    writer.member("name", name)
    writer.name("scopes")
    writer.beginArray()
    for scope in scopes.names { writer.string(scope) }
    writer.endArray()
    writer.member("status", status.rawValue)
    writer.member("createdAt", timestamp: createdAtMicroseconds)
    writer.member("createdBy", createdBy)
    writer.member("expiresAt", timestamp: expiresAtMicroseconds)
    writer.member("replacedBy", replacedBy)
    writer.member("graceEndsAt", timestamp: graceEndsAtMicroseconds)
    writer.member("revokedAt", timestamp: revokedAtMicroseconds)
    writer.member("lastUsedAt", timestamp: lastUsedAtMicroseconds)
  }

  /// When it ends by itself, in microseconds since 1970; nil: never.
  public var endsAtMicroseconds: Int64? {
    [expiresAtMicroseconds, graceEndsAtMicroseconds].compactMap { $0 }.min()
  }
}
