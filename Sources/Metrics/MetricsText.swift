/// A page in the text format of Prometheus, version 0.0.4.
///
/// (Prometheus, "Exposition formats". Names and labels are literals of ours; only the values of labels are escaped.)
public struct MetricsText: Sendable {
  public typealias Labels = [(name: StaticString, value: String)]

  public enum Kind: String, Sendable {
    case counter
    case gauge
    case histogram
  }

  /// What is to be sent, so far.
  public private(set) var text = ""

  public init() {}

  /// Begins a metric; its samples follow.
  public mutating func begin(_ name: StaticString, _ kind: Kind, _ help: StaticString) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  public mutating func sample(_ name: StaticString, _ labels: Labels, _ value: Int) {
    append("\(name)", labels, "\(value)")
  }

  public mutating func sample(_ name: StaticString, _ labels: Labels, _ value: Double) {
    append("\(name)", labels, Self.number(value))
  }

  /// The samples of a histogram: cumulative buckets, the sum and the count.
  public mutating func samples(_ name: StaticString, _ labels: Labels, _ histogram: Histogram) {
    var total = 0
    for (bound, count) in zip(histogram.bounds, histogram.counts) {
      total += count
      append("\(name)_bucket", labels + [("le", Self.number(bound))], "\(total)")
    }
    append("\(name)_bucket", labels + [("le", "+Inf")], "\(histogram.count)")
    append("\(name)_sum", labels, Self.number(histogram.sum))
    append("\(name)_count", labels, "\(histogram.count)")
  }

  /// A metric with one sample.
  public mutating func metric(_ name: StaticString, _ kind: Kind, _ help: StaticString, _ value: Int) {
    begin(name, kind, help)
    sample(name, [], value)
  }

  /// A metric with one sample.
  public mutating func metric(_ name: StaticString, _ kind: Kind, _ help: StaticString, _ value: Double) {
    begin(name, kind, help)
    sample(name, [], value)
  }

  private mutating func append(_ name: String, _ labels: Labels, _ value: String) {
    text += name
    if !labels.isEmpty {
      text += "{" + labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}"
    }
    text += " \(value)\n"
  }

  /// Whole numbers without a fraction, as people write bounds.
  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
  }

  private static func escaped(_ value: String) -> String {
    var escaped = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
