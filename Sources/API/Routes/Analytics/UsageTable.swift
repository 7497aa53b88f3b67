import HTTP
import JSON
import Tokens

/// The form of a report on uses: a column for each grouping, in the order asked for, then what was counted.
struct UsageTable {
  private let groupings: [UsageQuery.Grouping]

  init(_ query: UsageQuery) { groupings = query.groupings }

  func json(_ rows: [UsageRow], _ span: ReportingSpan) -> Response {
    .json { writer in
      writer.member("from", timestamp: span.fromMicroseconds)
      writer.member("to", timestamp: span.toMicroseconds)
      writer.name("groupBy")
      writer.beginArray()
      for grouping in groupings { writer.string(grouping.rawValue) }
      writer.endArray()
      writer.name("data")
      writer.beginArray()
      for row in rows {
        writer.beginObject()
        for grouping in groupings {
          writer.name(Self.column(grouping))
          if let text = Self.text(row, grouping) { writer.string(text) } else { writer.null() }
        }
        writer.member("uses", row.uses)
        writer.member("tokens", row.tokens)
        writer.member("refusals", row.refusals)
        writer.endObject()
      }
      writer.endArray()
    }
  }

  func csv(_ rows: [UsageRow]) -> Response {
    var writer = CSVWriter(columns: groupings.map(Self.column) + ["uses", "tokens", "refusals"])
    for row in rows {
      for grouping in groupings { writer.text(Self.text(row, grouping)) }
      writer.integer(row.uses)
      writer.integer(row.tokens)
      writer.integer(row.refusals)
      writer.endLine()
    }
    return writer.response()
  }

  private static func column(_ grouping: UsageQuery.Grouping) -> String {
    switch grouping {
    case .organization: "organizationId"
    case .feature: "featureUsed"
    case .user: "userId"
    case .tokenType: "tokenType"
    case .day: "day"
    case .hour: "hour"
    }
  }

  private static func text(_ row: UsageRow, _ grouping: UsageQuery.Grouping) -> String? {
    switch grouping {
    case .organization: row.organizationID?.description
    case .feature: row.feature
    case .user: row.userID?.description
    case .tokenType: row.tokenType
    case .day: row.atMicroseconds.map(Timestamp.day)
    case .hour: row.atMicroseconds.map(Timestamp.text)
    }
  }
}
