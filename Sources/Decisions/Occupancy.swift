import Tokens

/// How many requests are somewhere, in all and of each organization: one tenant's flood leaves room for the others.
struct Occupancy: Sendable {
  private let limit: Int
  private var count = 0
  private var countByOrganization: [OrganizationID: Int] = [:]

  /// - Parameter limit: requests in all; of one organization half as many.
  init(limit: Int) { self.limit = limit }

  /// Takes a place, if there is one.
  mutating func enter(_ organizationID: OrganizationID) -> Bool {
    let own = countByOrganization[organizationID, default: 0]
    guard count < limit, own < max(1, limit / 2) else { return false }
    count += 1
    countByOrganization[organizationID] = own + 1
    return true
  }

  /// Gives a place back that was taken.
  mutating func leave(_ organizationID: OrganizationID) {
    count -= 1
    let left = countByOrganization[organizationID, default: 1] - 1
    countByOrganization[organizationID] = left > 0 ? left : nil
  }
}
