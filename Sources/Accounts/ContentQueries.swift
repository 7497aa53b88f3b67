import Postgres
import Tokens

/// An organization's attributes and how full its budget is.
enum ContentQueries {
  static func save(
    _ draft: ContentDraft, as id: ContentAttributeID, in scope: ContentScope, isDryRun: Bool,
    on connection: inout Connection
  ) throws -> Result<ContentDecision, ContentRefusal> {
    let rows = try connection.query(
      saveAttribute,
      scope.parameters + [
        .uuid(id.bits), .text(draft.instructions), .text(draft.examples), .text(draft.signals),
        draft.isActive.map(Parameter.boolean) ?? .null, .boolean(isDryRun),
      ])
    return try decision(rows)
  }

  static func activate(
    _ ids: [ContentAttributeID], in scope: ContentScope, under key: IdempotencyKey?,
    on connection: inout Connection
  ) throws -> Result<ContentDecision, ContentRefusal> {
    let rows = try connection.query(
      activateAttributes,
      scope.parameters + [.uuids(ids.count) { ids[$0].bits }, .optional(key?.value)])
    return try decision(rows)
  }

  static func delete(
    _ id: ContentAttributeID, in scope: ContentScope, on connection: inout Connection
  ) throws -> Result<ContentDecision, ContentRefusal> {
    try decision(connection.query(deleteAttribute, scope.parameters + [.uuid(id.bits)]))
  }

  static func recordUse(
    of id: ContentAttributeID, in scope: ContentScope, under key: IdempotencyKey?, on connection: inout Connection
  ) throws -> Result<ContentUses, ContentRefusal> {
    let rows = try connection.query(recordAttributeUse, scope.parameters + [.uuid(id.bits), .optional(key?.value)])
    if let refusal = try rows.contentRefusal(0) { return .failure(refusal) }
    return .success(
      ContentUses(
        uses: try rows.integer(0, 1), lastUsedAtMicroseconds: try rows.instant(0, 2),
        isReplay: try rows.boolean(0, 3)))
  }

  static func reset(
    _ organizationID: OrganizationID, under key: IdempotencyKey?, on connection: inout Connection
  ) throws -> Result<ContentReset, ContentRefusal> {
    let rows = try connection.query(resetBudget, [.uuid(organizationID.bits), .optional(key?.value)])
    if let refusal = try rows.contentRefusal(0) { return .failure(refusal) }
    return .success(
      ContentReset(
        deactivatedCount: try rows.integer(0, 1), tokens: try rows.integer(0, 2), isReplay: try rows.boolean(0, 3)))
  }

  static func usage(
    in scope: ContentScope, on connection: inout Connection
  ) throws -> Result<ContentUsage, ContentRefusal> {
    let rows = try connection.query(readUsage, scope.parameters)
    if let refusal = try rows.contentRefusal(0) { return .failure(refusal) }
    return .success(
      ContentUsage(
        used: try rows.integer(0, 1), budget: try rows.integer(0, 2), remaining: try rows.integer(0, 3),
        percentUsed: try rows.integer(0, 4), level: try rows.optionalInteger(0, 5),
        levelTitle: try rows.optionalString(0, 6), state: try rows.contentState(0, 7),
        message: try rows.string(0, 8), warning: try rows.optionalString(0, 9), largest: try rows.string(0, 10),
        deactivate: try rows.string(0, 11)))
  }

  static func attributes(
    before number: Int64?, limit: Int, in scope: ContentScope, on connection: inout Connection
  ) throws -> Result<ContentPage, ContentRefusal> {
    let rows = try connection.query(readAttributes, scope.parameters + [.optional(number), .integer(Int64(limit))])
    guard rows.count > 0 else { return .success(ContentPage(attributes: [], hasNext: false)) }
    if let refusal = try rows.contentRefusal(0) { return .failure(refusal) }
    return .success(
      ContentPage(
        attributes: try (0..<rows.count).map { try details(rows, $0) }, hasNext: try rows.boolean(rows.count - 1, 12)))
  }

  private static let decisionColumns = """
    outcome, fits, used, used_after, budget, tokens, is_active, message, deactivate::text, is_replay
    """

  private static let saveAttribute = Statement.named(
    """
    SELECT \(decisionColumns) FROM tollgate.save_attribute(organization_id => $1::uuid, user_id => $2::uuid, \
    membership_required => $3::boolean, attribute_id => $4::uuid, instructions => $5, examples => $6::jsonb, \
    signals => $7::jsonb, active => $8::boolean, is_dry_run => $9::boolean)
    """, results: .binary)

  private static let activateAttributes = Statement.named(
    """
    SELECT \(decisionColumns) FROM tollgate.activate_attributes(organization_id => $1::uuid, user_id => $2::uuid, \
    membership_required => $3::boolean, attribute_ids => $4::uuid[], idempotency_key => $5)
    """, results: .binary)

  private static let deleteAttribute = Statement.named(
    """
    SELECT \(decisionColumns) FROM tollgate.delete_attribute(organization_id => $1::uuid, user_id => $2::uuid, \
    membership_required => $3::boolean, attribute_id => $4::uuid)
    """, results: .binary)

  private static let recordAttributeUse = Statement.named(
    """
    SELECT outcome, uses, last_used_at, is_replay \
    FROM tollgate.record_attribute_use(organization_id => $1::uuid, user_id => $2::uuid, \
    membership_required => $3::boolean, attribute_id => $4::uuid, idempotency_key => $5)
    """, results: .binary)

  private static let resetBudget = Statement.named(
    "SELECT outcome, deactivated_count, tokens, is_replay FROM tollgate.reset_content_budget($1::uuid, $2)",
    results: .binary)

  private static let readUsage = Statement.named(
    """
    SELECT outcome, used, budget, remaining, percent_used, level, level_title, state, message, warning, \
    largest::text, deactivate::text \
    FROM tollgate.read_content_usage($1::uuid, $2::uuid, $3::boolean)
    """, results: .binary)

  private static let readAttributes = Statement.named(
    """
    SELECT outcome, attribute_id, number, instructions, examples::text, signals::text, active, tokens, uses, \
    last_used_at, created_at, updated_at, has_next \
    FROM tollgate.read_attributes(organization_id => $1::uuid, user_id => $2::uuid, \
    membership_required => $3::boolean, before_number => $4::bigint, row_limit => $5::bigint::integer)
    """, results: .binary)

  private static func decision(_ rows: borrowing Rows) throws -> Result<ContentDecision, ContentRefusal> {
    if let refusal = try rows.contentRefusal(0) { return .failure(refusal) }
    return .success(try rows.contentDecision(0))
  }

  private static func details(_ rows: borrowing Rows, _ row: Int) throws -> ContentDetails {
    ContentDetails(
      id: ContentAttributeID(bits: try rows.uuid(row, 1)), number: try rows.integer(row, 2),
      draft: ContentDraft(
        instructions: try rows.string(row, 3), examples: try rows.string(row, 4), signals: try rows.string(row, 5),
        isActive: try rows.boolean(row, 6)),
      tokens: try rows.integer(row, 7), uses: try rows.integer(row, 8),
      lastUsedAtMicroseconds: try rows.optionalInstant(row, 9), createdAtMicroseconds: try rows.instant(row, 10),
      updatedAtMicroseconds: try rows.instant(row, 11))
  }
}

extension Rows {
  /// The columns of `tollgate.content_decision`, from the first on.
  fileprivate func contentDecision(_ row: Int) throws -> ContentDecision {
    ContentDecision(
      fits: try boolean(row, 1), used: try integer(row, 2), usedAfter: try integer(row, 3),
      budget: try integer(row, 4), tokens: try integer(row, 5), isActive: try boolean(row, 6),
      message: try string(row, 7), deactivate: try string(row, 8), isReplay: try boolean(row, 9))
  }

  /// What the first column says is wrong; nil for a success. What is over the budget has the columns of a decision.
  fileprivate func contentRefusal(_ row: Int) throws -> ContentRefusal? {
    switch try string(row, 0) {
    case "success": return nil
    case "budget_exceeded": return .budgetExceeded(try contentDecision(row))
    case "forbidden": return .forbidden
    case "not_permitted": return .notPermitted
    case "unknown_organization": return .unknownOrganization
    case "unknown_attribute": return .unknownAttribute
    case "too_many_attributes": return .tooManyAttributes
    case "idempotency_key_reused": return .idempotencyKeyReused
    default: throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected outcome")
    }
  }

  /// How full a budget is, by its name in SQL.
  func contentState(_ row: Int, _ column: Int) throws -> BalanceState {
    guard let state = BalanceState(rawValue: try string(row, column)) else {
      throw PostgresError(kind: .decoding, serverMessage: "PostgreSQL answered an unexpected state")
    }
    return state
  }
}
