public import Tokens

/// What a sealed value is, whose, and where it belongs. It is authenticated along with the value: one that was copied
/// to another organization, provider or column does not open there.
public struct SealedSubject: Hashable, Sendable {
  /// What it is of a credential or webhook.
  public enum Purpose: String, CaseIterable, Sendable {
    case clientSecret = "client_secret"
    case refreshToken = "refresh_token"
    case accessToken = "access_token"
    case verifier
    case webhookSecret = "webhook_secret"
  }

  public var purpose: Purpose
  /// Nil: the service's own.
  public var organizationID: OrganizationID?
  public var place: SealedPlace

  public init(_ purpose: Purpose, of organizationID: OrganizationID?, at provider: ProviderName) {
    self.init(purpose, of: organizationID, at: .provider(provider))
  }

  public init(_ purpose: Purpose, of organizationID: OrganizationID?, at place: SealedPlace) {
    self.purpose = purpose
    self.organizationID = organizationID
    self.place = place
  }

  /// Each part behind its length, so that no two subjects are the same bytes.
  var bytes: [UInt8] {
    let organization = organizationID.map { withUnsafeBytes(of: $0.bits.bigEndian) { Array($0) } } ?? []
    return [Array(purpose.rawValue.utf8), organization, Array(place.text.utf8)].flatMap { part in
      withUnsafeBytes(of: UInt32(part.count).bigEndian) { Array($0) } + part
    }
  }
}
