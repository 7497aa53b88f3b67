public import Postgres
public import Tokens

extension Connection {
  /// Runs `body` in a transaction whose changes are recorded as this actor's; nil: as those of the login.
  ///
  /// Who it is, is said for the transaction alone: nothing of it is left on a connection that others use next.
  public mutating func acting<Value>(
    as actor: Actor?, _ body: (inout Connection) throws -> Value
  ) throws -> Value {
    guard let actor else { return try body(&self) }
    return try transaction { connection in
      _ = try connection.query(
        stateActor,
        [
          .text(actor.kind.rawValue), .optional(actor.id), .optional(actor.requestID), .optional(actor.hint),
        ])
      return try body(&connection)
    }
  }
}

/// What `tollgate.present_actor()` looks at.
private let stateActor = Statement.named(
  """
  SELECT set_config('tollgate.actor', jsonb_strip_nulls(jsonb_build_object(\
  'kind', $1::text, 'id', $2::text, 'requestId', $3::text, 'hint', $4::text))::text, true)
  """)
