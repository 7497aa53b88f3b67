import Metrics
import Settlement
import Tokens

extension Settlement {
  /// What the lanes did, and what waits for them.
  func write(to text: inout MetricsText) {
    let lanes = figures()
    func counter(_ name: StaticString, _ help: StaticString, _ value: (LaneFigures) -> Int) {
      text.begin(name, .counter, help)
      for lane in lanes { text.sample(name, [("lane", lane.name)], value(lane)) }
    }
    counter("tollgate_lane_batches_total", "Batches that PostgreSQL answered.") { $0.counts.batches }
    counter("tollgate_lane_items_total", "Requests in those batches.") { $0.counts.items }
    counter("tollgate_lane_failures_total", "Batches that failed, whether sent again or not.") { $0.counts.failures }
    counter("tollgate_lane_refused_total", "Requests refused because too many waited.") { $0.counts.refused }
    counter("tollgate_lane_expired_total", "Requests that waited too long and were not sent.") { $0.counts.expired }
    text.begin("tollgate_lane_busy_seconds_total", .counter, "Time in which PostgreSQL worked at batches.")
    for lane in lanes {
      text.sample(
        "tollgate_lane_busy_seconds_total", [("lane", lane.name)], Double(lane.counts.busyMilliseconds) / 1_000)
    }
    text.begin("tollgate_lane_waiting", .gauge, "Requests that wait for the next batch.")
    for lane in lanes { text.sample("tollgate_lane_waiting", [("lane", lane.name)], lane.waiting) }
    text.begin("tollgate_outcomes_total", .counter, "How requests to move tokens came out.")
    for (outcome, count) in outcomes().sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      text.sample("tollgate_outcomes_total", [("outcome", outcome.rawValue)], count)
    }
  }
}
