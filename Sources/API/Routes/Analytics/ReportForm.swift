import HTTP

/// What a table is answered as.
enum ReportForm {
  case json, csv

  /// By the query parameter `format`, else by `Accept` where that names `text/csv` and not JSON as well.
  ///
  /// - Throws: 400 for another format.
  static func wanted(by request: Request) throws(Problem) -> ReportForm {
    switch try request.queryText("format") {
    case "json"?: return .json
    case "csv"?: return .csv
    case .some: throw Problem(.invalidRequest, "format is json or csv.")
    case nil:
      let accepted = request.headers["Accept"]?.lowercased() ?? ""
      return accepted.contains("text/csv") && !accepted.contains("application/json") ? .csv : .json
    }
  }

  /// Rows of a report, at most.
  static let rowLimit = 10_000

  /// Refuses a report with more rows: half of one would be taken for the whole.
  static func requireFits(_ rowCount: Int) throws(Problem) {
    guard rowCount <= rowLimit else {
      throw Problem(
        .tooManyRows, "The report has more than \(rowLimit) rows: ask for a shorter time, or group by less.")
    }
  }
}

extension Timestamp {
  /// The day of an instant in UTC: `2026-11-21`.
  static func day(_ microsecondsSince1970: Int64) -> String { String(text(microsecondsSince1970).prefix(10)) }
}
