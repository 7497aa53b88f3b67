import Foundation
import TollgateClient

/// Spends an upstream's tokens and its daily calls, no more of them than Tollgate grants.
@main
struct Worker {
  static func main() async {
    let report = Report()
    do {
      let options = try Options(Array(CommandLine.arguments.dropFirst()), ProcessInfo.processInfo.environment)
      try await run(options, report)
    } catch {
      FileHandle.standardError.write(Data("worker: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run(_ options: Options, _ report: Report) async throws {
    let tollgate = TollgateClient(ClientConfiguration(url: options.url, credential: options.credential))
    let standIn = try UpstreamStandIn(offerTokens: options.offerTokens)
    let upstream = try Upstream(port: standIn.port)

    let queries = OfferQueries(tollgate: tollgate, upstream: upstream, report: report)
    var captured = 0
    for _ in 0..<options.batches { captured += try await queries.run(offers: options.offers) }

    let decisions = PriceDecisions(tollgate: tollgate, upstream: upstream, report: report)
    for number in 0..<options.decisions { try await decisions.decide("item \(number)") }

    report.write(.finished(captured: captured, upstreamTotal: try await upstream.total()))
  }
}
