import Tokens

/// What waits, one line an organization. Organizations take turns, so that a flood of one delays another's only request
/// by one turn; within an organization first come is first served.
///
/// All lines share one storage, because most organizations have a single request waiting, if any.
struct FairQueue<Element> {
  /// Where something waits, or where something may.
  private struct Place {
    var element: Element?
    /// The place behind it in its line, or in the line of empty places.
    var next: Int?
  }

  /// Both ends of what one organization has waiting.
  private struct Ends {
    var first: Int
    var last: Int
    var count: Int
  }

  private var places: [Place] = []
  private var firstEmptyPlace: Int?
  private var lines: [OrganizationID: Ends] = [:]
  /// The organizations that have something waiting, in the order of their turns.
  private var turns = Line<OrganizationID>()
  private(set) var count = 0

  /// How many an organization has waiting.
  func count(of organization: OrganizationID) -> Int { lines[organization]?.count ?? 0 }

  mutating func append(_ element: Element, of organization: OrganizationID) {
    count += 1
    let place = store(element)
    let alone = Ends(first: place, last: place, count: 0)
    let before = extend(&lines[organization, default: alone], with: place)
    if let before { places[before].next = place } else { turns.append(organization) }
  }

  /// The next one by turns; nil when nothing waits.
  mutating func takeNext() -> Element? {
    guard let organization = turns.takeFirst(), let line = lines.index(forKey: organization) else { return nil }
    count -= 1
    let place = lines.values[line].first
    let next = places[place].next
    if let next {
      lines.values[line].first = next
      lines.values[line].count -= 1
      turns.append(organization)
    } else {
      lines.remove(at: line)
    }
    return empty(place)
  }

  /// Adds the place to the end of a line and returns the one it comes behind; nil for a line that was empty.
  private func extend(_ line: inout Ends, with place: Int) -> Int? {
    defer {
      line.last = place
      line.count += 1
    }
    return line.count == 0 ? nil : line.last
  }

  private mutating func store(_ element: Element) -> Int {
    guard let place = firstEmptyPlace else {
      places.append(Place(element: element, next: nil))
      return places.count - 1
    }
    firstEmptyPlace = places[place].next
    places[place] = Place(element: element, next: nil)
    return place
  }

  private mutating func empty(_ place: Int) -> Element? {
    let element = places[place].element
    places[place] = Place(element: nil, next: firstEmptyPlace)
    firstEmptyPlace = place
    return element
  }
}
