import Postgres

// Lists as the tests write them.
extension Parameter {
  static func uuids(_ values: [UInt128?]) -> Parameter { .uuids(values.count) { values[$0] } }
  static func integers(_ values: [Int64?]) -> Parameter { .integers(values.count) { values[$0] } }
  static func booleans(_ values: [Bool?]) -> Parameter { .booleans(values.count) { values[$0] } }
  static func texts(_ values: [String?]) -> Parameter { .texts(values.count) { values[$0] } }
  static func documents(_ values: [String?]) -> Parameter { .documents(values.count) { values[$0] } }
}
