/// Where Tollgate is, who asks, and how patiently.
public struct ClientConfiguration: Sendable {
  /// `https://…`, with or without a path that all of Tollgate's routes are below. `http://…` leads to this machine only
  /// (`allowsPlainHTTPElsewhere`).
  public var url: String
  /// An API key or a JWT, for `Authorization: Bearer`. It is sent nowhere else and shown in no error.
  public var credential: String
  /// Whose tokens are spent. A user or an organization's key has only one and may leave it out; `checkBalance` and a
  /// service's credential need it.
  public var organizationID: OrganizationID?
  /// For whom a service spends; nil: for nobody in particular.
  public var userID: UserID?
  /// How long one attempt may take, in seconds. Never longer than is left of the deadline of `retries`.
  public var requestSeconds: Double = 10
  /// For how long tokens of guarded work stay held, in seconds, however long it runs.
  public var longestWorkSeconds: Double = 3600
  /// When and how long a request is tried again.
  public var retries = RetryPolicy()
  /// A file of certificates in PEM that are trusted instead of the system's.
  public var certificateFile: String?
  /// Lets the credential and all else cross a network unencrypted. False: `http://` is for loopback addresses.
  public var allowsPlainHTTPElsewhere = false

  public init(url: String, credential: String) {
    self.url = url
    self.credential = credential
  }
}
