import Testing

/// A change that makes one invariant false, and the check that has to see it.
struct PlantedViolation: Sendable, CustomTestStringConvertible {
  let check: String
  let what: String
  /// Runs as the superuser in a transaction that is rolled back, so that roles, which belong to the whole cluster, can
  /// be changed too.
  let sql: String

  init(_ check: String, _ what: String, _ sql: String) {
    self.check = check
    self.what = what
    self.sql = sql
  }

  var testDescription: String { "\(check): \(what)" }

  /// Two Pro organizations. The first has four uses of generate_goal (balances 17, 14, 11, 8; the second without a
  /// key) and one remembered refusal.
  static let setting = """
    SELECT tollgate.create_organization('First', 'pro', 'UTC', '00000000-0000-4000-8000-000000000001');
    SELECT tollgate.create_organization('Second', 'pro', 'UTC', '00000000-0000-4000-8000-000000000002');
    SELECT tollgate.deduct('00000000-0000-4000-8000-000000000001', NULL, 'generate_goal', 1, 'first');
    SELECT tollgate.deduct('00000000-0000-4000-8000-000000000001', NULL, 'generate_goal');
    SELECT tollgate.deduct('00000000-0000-4000-8000-000000000001', NULL, 'generate_goal', 1, 'third');
    SELECT tollgate.deduct('00000000-0000-4000-8000-000000000001', NULL, 'generate_goal', 1, 'fourth');
    SELECT tollgate.deduct('00000000-0000-4000-8000-000000000001', NULL, 'generate_goal', 100, 'refused');
    """

  static let all = balances + keys + catalogue + operation
}
