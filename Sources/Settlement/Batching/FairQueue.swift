import Tokens

/// What waits, one line an organization. Organizations take turns, so that a flood of one delays another's only request
/// by one turn; within an organization first come is first served.
struct FairQueue<Element> {
  private var lines: [OrganizationID: Line<Element>] = [:]
  /// The organizations that have something waiting, in the order of their turns.
  private var turns = Line<OrganizationID>()
  private(set) var count = 0

  /// How many an organization has waiting.
  func count(of organization: OrganizationID) -> Int { lines[organization]?.count ?? 0 }

  mutating func append(_ element: Element, of organization: OrganizationID) {
    count += 1
    if lines[organization] == nil { turns.append(organization) }
    lines[organization, default: Line()].append(element)
  }

  /// The next one by turns; nil when nothing waits.
  mutating func takeNext() -> Element? {
    guard let organization = turns.takeFirst(), let element = lines[organization]?.takeFirst() else { return nil }
    count -= 1
    if count(of: organization) == 0 {
      lines[organization] = nil
    } else {
      turns.append(organization)
    }
    return element
  }
}
