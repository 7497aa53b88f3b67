import Foundation
import Tokens

/// Everything by which a call can name somebody's belongings.
struct Names {
  /// What a name is of.
  enum Kind: CaseIterable {
    case organization, user, transaction, reservation, payment, key, apiKey, attribute, lease, credentialLease, webhook
    case alert, alertEvent, delivery, deliveryLease, customer, paymentEvent
  }

  private var texts: [Kind: String]

  subscript(kind: Kind) -> String {
    get { texts[kind] ?? "" }
    set { texts[kind] = newValue }
  }

  /// The first tenant's, with a key and a payment that were never used, so that calls are not replays.
  static func mine(_ tenants: TwoTenants) -> Names {
    var names = Names(tenants.mine, tenants.myBelongings)
    names[.key] = "another-key-of-mine"
    names[.payment] = "another-payment-of-mine"
    return names
  }

  static func theirs(_ tenants: TwoTenants) -> Names { Names(tenants.other, tenants.othersBelongings) }

  /// Names of nobody and nothing. They come behind all others, where what is there is sorted by them.
  static func unknown() -> Names {
    var names = Names(texts: [:])
    for kind in Kind.allCases { names[kind] = "f" + UUID().uuidString.lowercased().dropFirst() }
    return names
  }

  /// These, with some of the kinds named as others do.
  func replacing(_ kinds: Set<Kind>, by others: Names) -> Names {
    var names = self
    for kind in kinds { names[kind] = others[kind] }
    return names
  }

  private init(_ tenant: Tenant, _ belongings: Belongings) {
    texts = [
      .organization: tenant.id.description, .user: tenant.member.description, .transaction: belongings.transaction,
      .reservation: belongings.reservation, .payment: belongings.payment, .key: belongings.key,
      .apiKey: belongings.apiKey, .attribute: belongings.attribute, .lease: belongings.leases[1],
      .credentialLease: belongings.credentialLease, .webhook: belongings.webhook, .alert: belongings.alert,
      .alertEvent: belongings.alertEvent, .delivery: belongings.delivery, .deliveryLease: belongings.deliveryLease,
      .customer: belongings.customer, .paymentEvent: belongings.paymentEvent,
    ]
  }

  private init(texts: [Kind: String]) { self.texts = texts }
}
