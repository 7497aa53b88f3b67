/// Which row of its organization's a sealed value belongs to.
public enum SealedPlace: Hashable, Sendable {
  case provider(ProviderName)
  case webhook(WebhookID)

  /// Different for any two places: a provider's name has no dashes.
  public var text: String {
    switch self {
    case .provider(let name): name.text
    case .webhook(let id): id.description
    }
  }
}
