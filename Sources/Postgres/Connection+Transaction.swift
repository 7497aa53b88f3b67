extension Connection {
  /// Runs `body` in one transaction: commits when it returns, rolls back when it throws.
  ///
  /// An error at COMMIT is thrown as it is: kind `server` means rolled back, kind `connectionLost` means that the
  /// transaction may be committed. A body that returns although one of its statements failed is rolled back and
  /// reported with SQLSTATE 25P02. Transactions do not nest: 25001.
  public mutating func transaction<Value>(_ body: (inout Connection) throws -> Value) throws -> Value {
    guard !isInTransaction else { throw PostgresError(kind: .server, sqlState: .activeTransaction) }
    try begin()
    let value: Value
    do {
      value = try body(&self)
    } catch {
      rollBack()
      throw error
    }
    try commit()
    return value
  }

  /// Runs `body` in the transaction that is open, or in one of its own where none is.
  public mutating func joiningTransaction<Value>(_ body: (inout Connection) throws -> Value) throws -> Value {
    isInTransaction ? try body(&self) : try transaction(body)
  }

  private mutating func begin() throws(PostgresError) {
    do {
      try script(beginStatement)
    } catch {
      // Behind a pooler BEGIN is followed by settings in the same message, and one of those may have been refused.
      rollBack()
      throw error
    }
  }

  private mutating func commit() throws(PostgresError) {
    guard !isInFailedTransaction else {
      rollBack()
      throw PostgresError(kind: .server, sqlState: .failedTransaction)
    }
    guard isInTransaction || !isUsable else {
      throw PostgresError(
        kind: .server, sqlState: .noActiveTransaction, serverMessage: "the body ended the transaction")
    }
    let result = try runScript("COMMIT")
    // The server's way to say that there was nothing left to commit.
    guard result.commandTag != "ROLLBACK" else { throw PostgresError(kind: .server, sqlState: .failedTransaction) }
  }

  /// Rolls back what is open. A connection on which that fails is given up, and the server rolls back for itself.
  mutating func rollBack() {
    guard isUsable, isInTransaction else { return }
    do { try script("ROLLBACK") } catch { abandon() }
    if isInTransaction { abandon() }
  }
}
