import HTTP
import Tokens

extension UsageQuery {
  /// Reads the query parameters that both reports have.
  ///
  /// - Throws: 400 for groupings that there are not, twice the same, none or more than three, and for times that are none.
  init(_ request: Request, allowing allowed: [Grouping]) throws(Problem) {
    self.init(
      groupings: try Self.groupings(of: request, allowing: allowed),
      fromMicroseconds: try request.queryTime("from"), toMicroseconds: try request.queryTime("to"),
      tokenType: try request.queryText("tokenType"), feature: try request.queryText("featureUsed"), userID: nil,
      limit: ReportForm.rowLimit + 1)
  }

  private static func groupings(of request: Request, allowing allowed: [Grouping]) throws(Problem) -> [Grouping] {
    guard let text = try request.queryText("groupBy") else { return [.day] }
    let names = text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    var groupings: [Grouping] = []
    for name in names {
      guard let grouping = allowed.first(where: { $0.rawValue.utf8.elementsEqual(name) }),
        !groupings.contains(grouping), groupings.count < 3
      else {
        let known = allowed.map(\.rawValue).joined(separator: ", ")
        throw Problem(.invalidRequest, "groupBy is one to three of: \(known); with commas, each once.")
      }
      groupings.append(grouping)
    }
    return groupings
  }
}
