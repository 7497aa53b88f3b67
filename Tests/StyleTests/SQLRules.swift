// Rules about the files in sql/. Line comments and quoted text are not statements.

extension Rule {
  private static var creation: Regex<(Substring, kind: Substring, name: Substring, next: Substring?)> {
    /\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:UNLOGGED\s+)?(?<kind>TABLE|FUNCTION|PROCEDURE|VIEW|MATERIALIZED\s+VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?(?<name>[\w.\"]+)(?<next>\s+PARTITION\s+OF)?/
      .ignoresCase()
  }

  /// The text with line comments and the contents of '…' blank.
  private static func statements(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      // Looking for a byte costs less than looking for a pattern.
      guard line.utf8.contains(UInt8(ascii: "'")) || line.utf8.contains(UInt8(ascii: "-")) else { return line }
      return line.replacing(/'[^']*'/) { String(repeating: " ", count: $0.output.count) }.replacing(/--.*/, with: "")
    }.joined(separator: "\n")
  }

  static let commentedSQL = Rule(
    name: "every table, function and view has its COMMENT ON in the same file",
    planted: [
      (SourceFile("sql/migrations/0001_name.sql", "\nCREATE TABLE tollgate.balance ();"), 2),
      (
        SourceFile(
          "sql/functions/name.sql",
          "CREATE OR REPLACE FUNCTION tollgate.deduct() …;\nCOMMENT ON FUNCTION tollgate.deduct_batch() IS 'x';"), 1
      ),
      (
        SourceFile(
          "sql/views/name.sql", "create view tollgate.ledger AS SELECT 1;\n-- COMMENT ON VIEW tollgate.ledger"), 1
      ),
    ],
    innocent: [
      SourceFile(
        "sql/views/name.sql", "CREATE VIEW tollgate.ledger AS SELECT 1;\nCOMMENT ON VIEW tollgate.ledger IS 'All.';"),
      SourceFile("sql/migrations/0001_name.sql", "CREATE TABLE ledger_2026_01 PARTITION OF ledger DEFAULT;"),
      SourceFile("sql/functions/name.sql", "EXECUTE format('CREATE TABLE %I', name); -- CREATE TABLE one"),
    ]
  ) { file in
    guard file.isSQL, file.path.hasPrefix("sql/"), file.path != generatedSQL else { return [] }
    let text = statements(file.text)
    return text.matches(of: creation.wordBoundaryKind(.simple).matchingSemantics(.unicodeScalar)).compactMap { match in
      guard match.output.next == nil else { return nil }
      let kind = match.output.kind.split(whereSeparator: \.isWhitespace).joined(separator: " ").uppercased()
      let name = String(match.output.name)
      let isCommented = text.matches(of: /COMMENT\s+ON\s+([A-Z]+(?:\s+VIEW)?)\s+([\w.\"]+)/.ignoresCase()).contains {
        $0.output.1.split(whereSeparator: \.isWhitespace).joined(separator: " ").uppercased() == kind
          && $0.output.2 == name
      }
      guard !isCommented else { return nil }
      return Violation(
        path: file.path, line: SourceFile.line(of: match.range.lowerBound, in: text),
        message: "add COMMENT ON \(kind) \(name) to this file")
    }
  }

  static let lowerCaseSQL = Rule(
    name: "names in SQL are in lower case",
    planted: [
      (SourceFile("sql/migrations/0001_name.sql", "\nCREATE TABLE Balance ();"), 2),
      (SourceFile("sql/functions/name.sql", "CREATE FUNCTION tollgate.\"deductAll\"() …;"), 1),
    ],
    innocent: [SourceFile("sql/migrations/0001_name.sql", "CREATE TABLE tollgate.balance_2 ();")]
  ) { file in
    guard file.isSQL, file.path.hasPrefix("sql/"), file.path != generatedSQL else { return [] }
    let text = statements(file.text)
    return text.matches(of: creation.wordBoundaryKind(.simple).matchingSemantics(.unicodeScalar)).compactMap { match in
      guard match.output.name.contains(where: \.isUppercase) else { return nil }
      return Violation(
        path: file.path, line: SourceFile.line(of: match.range.lowerBound, in: text),
        message: "the name \(match.output.name) is to be in lower case")
    }
  }

  static let evenAggregates = Rule(
    name: "array_agg has an ORDER BY everywhere or nowhere in one select list",
    planted: [
      (
        SourceFile(
          "sql/functions/name.sql", "\nSELECT array_agg(a), array_agg(b ORDER BY c) FILTER (WHERE d)\nINTO e FROM f;"),
        2
      ),
      (
        SourceFile(
          "sql/views/name.sql", "SELECT array_agg(coalesce(a, 0) ORDER BY c), array_agg(coalesce(b, 0)) FROM f;"), 1
      ),
    ],
    innocent: [
      SourceFile(
        "sql/functions/name.sql", "SELECT array_agg(a), array_agg(b), max(c) FROM (SELECT * FROM f ORDER BY c) AS g;"),
      SourceFile("sql/functions/name.sql", "SELECT array_agg(a ORDER BY c) FROM f; SELECT array_agg(b) FROM f;"),
    ]
  ) { file in
    guard file.isSQL, file.path.hasPrefix("sql/"), file.path != generatedSQL else { return [] }
    let text = statements(file.text)
    let selectLists = text.matches(of: /\bSELECT\b(.*?)\b(?:INTO|FROM)\b/.ignoresCase().dotMatchesNewlines())
    return selectLists.compactMap { list in
      let calls = list.output.1.matches(of: /array_agg\(((?:[^()]|\([^()]*\))*)\)/.ignoresCase())
      let orderedCount = calls.count { $0.output.1.contains(/\bORDER\s+BY\b/.ignoresCase()) }
      guard orderedCount > 0, orderedCount < calls.count else { return nil }
      // From PostgreSQL 16 on the input is sorted for the one that asks, and the others get it in that order.
      return Violation(
        path: file.path, line: SourceFile.line(of: list.range.lowerBound, in: text),
        message: "order every array_agg of this select list, or none over an ordered subquery")
    }
  }
}
