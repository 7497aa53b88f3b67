import HTTP
import Locking
import Metrics

/// Counts finished requests by route and status.
final class RequestMetrics: Sendable {
  private struct Series: Hashable {
    let method: String
    let route: String
    let status: Int
  }

  private struct Figures: Sendable {
    var counts: [Series: Int] = [:]
    var seconds: [String: Histogram] = [:]
  }

  /// For what no route took: paths are the clients' and without end.
  private static let noRoute = "none"

  private let figures = Mutex(Figures())

  func count(_ request: FinishedRequest) {
    let route = request.route ?? Self.noRoute
    figures.withLock { figures in
      figures.counts[Series(method: request.method, route: route, status: request.status), default: 0] += 1
      figures.seconds[route, default: Histogram(bounds: Histogram.secondsOfRequests)]
        .observe(Double(request.durationMicroseconds) / 1e6)
    }
  }

  func write(to text: inout MetricsText) {
    let figures = figures.withLock { $0 }
    text.begin("tollgate_http_requests_total", .counter, "Requests that were answered, by route and status.")
    let sorted = figures.counts.sorted {
      ($0.key.route, $0.key.method, $0.key.status) < ($1.key.route, $1.key.method, $1.key.status)
    }
    for (series, count) in sorted {
      text.sample(
        "tollgate_http_requests_total",
        [("method", series.method), ("route", series.route), ("status", "\(series.status)")], count)
    }
    text.begin(
      "tollgate_http_request_duration_seconds", .histogram,
      "From the end of a request's header block to the last byte of its answer.")
    for (route, seconds) in figures.seconds.sorted(by: { $0.key < $1.key }) {
      text.samples("tollgate_http_request_duration_seconds", [("route", route)], seconds)
    }
  }
}
