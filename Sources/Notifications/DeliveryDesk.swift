import Tokens

/// Which attempts are under way: a state machine without threads or clocks.
struct DeliveryDesk {
  private let limits: (healthy: Int, failing: Int, email: Int)
  private var underWay = (healthy: 0, failing: 0, email: 0)
  private var busy: [WebhookID: Int] = [:]

  init(healthy: Int, failing: Int, email: Int) { limits = (healthy, failing, email) }

  /// What may be begun now.
  var room: DeliveryRoom {
    DeliveryRoom(
      healthy: max(0, limits.healthy - underWay.healthy), failing: max(0, limits.failing - underWay.failing),
      email: max(0, limits.email - underWay.email), busy: busy.flatMap { Array(repeating: $0.key, count: $0.value) })
  }

  var isIdle: Bool { underWay == (0, 0, 0) }

  mutating func begin(_ delivery: TakenDelivery) { count(delivery, 1) }
  mutating func end(_ delivery: TakenDelivery) { count(delivery, -1) }

  private mutating func count(_ delivery: TakenDelivery, _ change: Int) {
    switch delivery.receiver {
    case .email: underWay.email += change
    case .webhook(let id, _, _, _, _):
      if delivery.isFailing { underWay.failing += change } else { underWay.healthy += change }
      let count = busy[id, default: 0] + change
      busy[id] = count > 0 ? count : nil
    }
  }
}
