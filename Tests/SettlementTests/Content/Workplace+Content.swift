import Foundation
import Postgres
import Testing

/// Short ids for attributes of one test.
func attribute(_ number: Int) -> String { "00000000-0000-4000-8000-" + String(format: "%012d", number) }

extension Connection {
  /// Saves an attribute with so many tokens, and answers the outcome.
  mutating func save(
    _ number: Int, tokens: Int, of tenant: Tenant, active: Bool? = nil, isDryRun: Bool = false
  ) throws -> String {
    try text(
      .named(
        """
        SELECT outcome FROM tollgate.save_attribute($1::uuid, $2::uuid, repeat('a', $3::integer * 4), active => $4::boolean,
          is_dry_run => $5::boolean)
        """),
      [
        tenant.parameter, .text(attribute(number)), .integer(Int64(tokens)), active.map(Parameter.boolean) ?? .null,
        .boolean(isDryRun),
      ]) ?? ""
  }

  /// Activates attributes, and answers the outcome.
  mutating func activate(_ numbers: [Int], of tenant: Tenant, key: String? = nil) throws -> String {
    try text(
      .named("SELECT outcome FROM tollgate.activate_attributes($1::uuid, $2::uuid[], $3)"),
      [tenant.parameter, .array(numbers.map(attribute)), .optional(key)]) ?? ""
  }

  /// Deletes an attribute, and answers the outcome.
  mutating func delete(_ number: Int, of tenant: Tenant) throws -> String {
    try text(
      .named("SELECT outcome FROM tollgate.delete_attribute($1::uuid, $2::uuid)"),
      [tenant.parameter, .text(attribute(number))]) ?? ""
  }

  /// Counts uses of an attribute.
  mutating func use(_ number: Int, of tenant: Tenant, times: Int = 1) throws {
    for _ in 0..<times {
      _ = try query(
        .named("SELECT tollgate.record_attribute_use($1::uuid, $2::uuid)"),
        [tenant.parameter, .text(attribute(number))])
    }
  }

  /// Changes a content budget, and answers what was deactivated: the last digits of ids.
  mutating func setBudget(of tenant: Tenant, _ arguments: String) throws -> [String] {
    try lines(
      Statement(
        """
        SELECT right(item ->> 'id', 2)
        FROM jsonb_array_elements(tollgate.set_content_budget($1::uuid, \(arguments))) AS item
        """), [tenant.parameter])
  }

  /// `used/budget` as members are told.
  mutating func usage(of tenant: Tenant) throws -> String {
    try text(
      .named("SELECT used || '/' || budget FROM tollgate.read_content_usage($1::uuid)"), [tenant.parameter]) ?? ""
  }

  /// The kinds of events about content, each with a member of what it says, in order.
  mutating func contentEvents(of tenant: Tenant) throws -> [String] {
    try lines(
      """
      SELECT concat_ws(' ', kind, payload ->> 'state', right(payload ->> 'attributeId', 2), payload ->> 'attributes')
      FROM tollgate.events WHERE organization_id = $1::uuid AND kind LIKE 'content%' ORDER BY created_at, event_id
      """, [tenant.parameter])
  }
}
