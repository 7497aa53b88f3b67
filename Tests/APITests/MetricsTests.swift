import Testbed
import Testing

@Suite("metrics and traces")
struct MetricsTests {
  /// The value of a sample, by the beginning of its line.
  private func value(_ sample: String, in page: String) -> Double? {
    page.split(separator: "\n").first { $0.hasPrefix(sample + " ") }.flatMap { Double($0.dropFirst(sample.count + 1)) }
  }

  @Test("what was asked shows by route, status, outcome and lane, and nobody's name does")
  func counts() async throws {
    try await ServedDatabase.with { served in
      let server = served.server
      let tenant = try await served.makeTenant()
      for _ in 1...3 {
        let answer = try await server.call(
          "POST", Path.deduct, token: tenant.token, body: #"{"featureUsed":"generate_goal"}"#)
        #expect(answer.status == 200)
      }
      _ = try await server.call(
        "POST", Path.deduct, token: tenant.token, body: #"{"featureUsed":"generate_goal","units":1000000}"#)
      _ = try await server.call("GET", "\(Path.transactions)/\(tenant.userID)", token: tenant.token)
      _ = try await server.call("GET", "/nowhere/\(tenant.organizationID)", token: tenant.token)

      let answer = try await server.call("GET", "/metrics")
      #expect(answer.status == 200)
      #expect(answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
      let page = answer.body
      let requests = #"tollgate_http_requests_total{method="#
      #expect(value(#"\#(requests)"POST",route="/api/v1/tokens/deduct",status="200"}"#, in: page) == 3)
      #expect(value(#"\#(requests)"POST",route="/api/v1/tokens/deduct",status="402"}"#, in: page) == 1)
      #expect(value(#"\#(requests)"GET",route="/api/v1/tokens/transactions/{id}",status="404"}"#, in: page) == 1)
      #expect(value(#"\#(requests)"GET",route="none",status="404"}"#, in: page) == 1)
      let seconds = "tollgate_http_request_duration_seconds"
      #expect(value(#"\#(seconds)_count{route="/api/v1/tokens/deduct"}"#, in: page) == 4)
      #expect(value(#"\#(seconds)_bucket{route="/api/v1/tokens/deduct",le="+Inf"}"#, in: page) == 4)
      #expect(value(#"tollgate_outcomes_total{outcome="success"}"#, in: page) == 3)
      #expect(value(#"tollgate_outcomes_total{outcome="insufficient_tokens"}"#, in: page) == 1)
      let items = page.split(separator: "\n").filter { $0.hasPrefix(#"tollgate_lane_items_total{lane="settle "#) }
      #expect(items.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +) == 4)
      #expect(!page.contains(tenant.organizationID) && !page.contains(tenant.userID))
      // Each metric is there once, with its type before its samples.
      let names = page.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
      #expect(Set(names).count == names.count)
    }
  }

  @Test("a request's trace is in the log with it, and a malformed one or one of two is not")
  func trace() async throws {
    try await ServedDatabase.with { served in
      let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
      let parent = "00f067aa0ba902b7"
      for (id, value) in [("well-formed", "00-\(trace)-\(parent)-01"), ("malformed", "00-\(trace)-\(parent)-01x")] {
        _ = try await served.server.call(
          "GET", "/livez", headers: [("traceparent", value), ("X-Request-Id", id)])
      }
      let line = try #require(await served.server.log.first(containing: #""requestId":"well-formed""#))
      #expect(line.contains(#""traceId":"\#(trace)","parentId":"\#(parent)""#))
      let other = try #require(await served.server.log.first(containing: #""requestId":"malformed""#))
      #expect(!other.contains("traceId"))
      let one = ("traceparent", "00-\(trace)-\(parent)-01")
      for (id, number) in [("two", 2), ("three", 3)] {
        let fields = Array(repeating: one, count: number)
        _ = try await served.server.call("GET", "/livez", headers: fields + [("X-Request-Id", id)])
        let several = try #require(await served.server.log.first(containing: #""requestId":"\#(id)""#))
        #expect(!several.contains("traceId"))
      }
    }
  }
}
