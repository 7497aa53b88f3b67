/// Who changes something, for the audit log.
public struct Actor: Sendable, Equatable {
  /// What kind of caller it is. The names are those of `tollgate.audit_log`.
  public enum Kind: String, Sendable, CaseIterable {
    case user
    /// An API key.
    case key
    /// A trusted server's token.
    case service
    /// The payment provider, by an event whose signature was verified. No request is made as one.
    case payments
    /// A session of the database: psql, the command line, Tollgate itself.
    case database
  }

  public var kind: Kind
  /// The user's or key's id, the service's or payment provider's name, or the role that logged in to the database; nil: nothing is known but
  /// the kind.
  public var id: String?
  /// The request that asked for the change.
  public var requestID: String?
  /// Whom the operating system names, where somebody typed a command. Anybody can be named so.
  public var hint: String?

  public init(kind: Kind, id: String? = nil, requestID: String? = nil, hint: String? = nil) {
    self.kind = kind
    self.id = id
    self.requestID = requestID
    self.hint = hint
  }
}
