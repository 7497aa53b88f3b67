/// A question that operators of the replaced system ask, as it stands in their runbooks, and what the answer is for
/// the uses that `OperatorStatementTests` makes.
struct OperatorStatement: Sendable {
  /// The statement; "…" stands for an id.
  let sql: String
  /// What "…" stands for here.
  let id: String
  /// The rows, values separated by bars.
  let answer: [String]
  /// Of each row only so many columns are compared; nil for all.
  let columns: Int?
  /// Whether the statement says in which order rows come.
  var isOrdered: Bool { sql.contains("ORDER BY") }

  private init(_ sql: String, id: String = "", columns: Int? = nil, _ answer: [String]) {
    self.sql = sql
    self.id = id
    self.columns = columns
    self.answer = answer
  }

  static let pro = "00000000-0000-4000-8000-000000000001"
  static let enterprise = "00000000-0000-4000-8000-000000000002"
  static let starter = "00000000-0000-4000-8000-000000000003"
  static let proMember = "00000000-0000-4000-8000-000000000011"
  static let otherProMember = "00000000-0000-4000-8000-000000000012"
  static let enterpriseMember = "00000000-0000-4000-8000-000000000021"
  static let starterMember = "00000000-0000-4000-8000-000000000031"

  static let operatorStatements = [
    OperatorStatement(
      """
      SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_name IN ('ai_tokens', 'ai_token_usage_log');
      """, ["ai_token_usage_log", "ai_tokens"]),
    OperatorStatement("SELECT COUNT(*) FROM ai_tokens;", ["15"]),
    OperatorStatement(
      """
      SELECT feature_used, COUNT(*) as daily_uses FROM ai_token_usage_log WHERE created_at > now() - interval '24 hours' GROUP BY feature_used;
      """, ["analyze_strategy|1", "generate_goal|2", "generate_insight|1", "generate_leads|2"]),
    OperatorStatement(
      """
      SELECT organization_id, SUM(tokens_deducted) as total FROM ai_token_usage_log WHERE created_at > now() - interval '30 days'
        GROUP BY organization_id ORDER BY total DESC LIMIT 10;
      """, ["\(enterprise)|15", "\(pro)|14"]),
    OperatorStatement("SELECT * FROM ai_tokens WHERE balance > total_allocated;", []),
    OperatorStatement(
      "SELECT balance FROM ai_tokens WHERE organization_id = '…' AND token_type = 'goal_generation';", id: pro, ["14"]),
    OperatorStatement(
      """
      SELECT feature_used, COUNT(*) as uses, SUM(tokens_deducted) as total FROM ai_token_usage_log
        WHERE created_at > now() - interval '7 days' GROUP BY feature_used ORDER BY total DESC;
      """, ["generate_leads|3|15", "generate_goal|2|6", "generate_insight|1|5", "analyze_strategy|1|2"]),
    OperatorStatement(
      """
      SELECT user_id, COUNT(*) as calls, SUM(tokens_deducted) as tokens FROM ai_token_usage_log
        WHERE created_at > now() - interval '1 day' GROUP BY user_id ORDER BY tokens DESC LIMIT 1;
      """, ["\(proMember)|3|11"]),
    OperatorStatement(
      "SELECT * FROM user_profiles WHERE id = '…';", id: otherProMember, columns: 2, ["\(otherProMember)|\(pro)"]),
  ]

  static let insertWhereMissing = """
    INSERT INTO ai_tokens (organization_id, token_type, balance, total_allocated, refresh_date)
      SELECT o.id, 'lead_generation', 50, 50, now() + interval '30 days' FROM organizations o
      WHERE o.plan = 'pro' AND NOT EXISTS (SELECT 1 FROM ai_tokens WHERE organization_id = o.id);
    """
  static let emergency = "UPDATE ai_tokens SET balance = 9999;"
  static let asMember = """
    SET ROLE authenticated; SET request.jwt.claims = '{"sub": "<user id>"}'; SELECT * FROM ai_tokens; RESET ROLE;
    """
}
