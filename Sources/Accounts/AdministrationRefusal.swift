import Postgres

/// Why an administrator's request was not carried out. Nothing was changed.
public enum AdministrationRefusal: Error, Sendable, Equatable {
  /// Something that was named does not exist.
  case notFound
  /// The plan that was named does not exist, or another argument is none (SQLSTATE `TG400`).
  case invalidArgument
  /// What was named is in a state in which that cannot be done (SQLSTATE `TG409`).
  case conflict

  /// What Tollgate's functions refuse in SQLSTATEs of their own; nil for every other failure.
  public init?(_ error: any Error) {
    if let refusal = error as? AdministrationRefusal {
      self = refusal
      return
    }
    switch (error as? PostgresError)?.sqlState?.rawValue {
    case "TG404"?: self = .notFound
    case "TG400"?: self = .invalidArgument
    case "TG409"?: self = .conflict
    default: return nil
    }
  }
}
