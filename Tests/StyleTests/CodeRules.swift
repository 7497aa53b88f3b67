// Rules about Swift code. Comments and the contents of strings are not code.

extension Rule {
  static let noTraps = Rule(
    name: "nothing in Sources can trap on purpose",
    planted: [
      (SourceFile("Sources/API/Name.swift", "let one = 1\nlet two = try! make()"), 2),
      (SourceFile("Sources/API/Name.swift", "let two = make()!"), 1),
      (SourceFile("Sources/API/Name.swift", "let two = values[0]!.name"), 1),
      (SourceFile("Sources/API/Name.swift", "\n\nlet two = \"\\(name!)\""), 3),
      (SourceFile("Sources/API/Name.swift", "let two = value as! Int"), 1),
      (SourceFile("Sources/API/Name.swift", "fatalError()"), 1),
      (SourceFile("Sources/API/Name.swift", "preconditionFailure(\"no\")"), 1),
    ],
    innocent: [
      SourceFile("Sources/API/Name.swift", "if a != b, !c, a !== b { } // try! fatalError(\nlet text = \"a! try! b\""),
      SourceFile("Sources/API/Name.swift", "let text = #\"a\"b! \\(c!)\"#"),
      SourceFile("Sources/API/Name.swift", "let pattern = /a!\"/; let half = one / two"),
    ]
  ) { file in
    guard file.isSwift, file.module != nil else { return [] }
    let code = file.swift.code
    return file.violations(of: /\btry!/, in: code, "try! traps: handle the error")
      + file.violations(of: /\bas!/, in: code, "as! traps: use as? and handle nil")
      + file.violations(
        of: /(?!\b(?:try|as)!)(?:\b(?!(?:try|as)!)\w+|[)\]}])!(?!=)/, in: code, "a force unwrap traps: handle nil")
      + file.violations(
        of: /\b(fatalError|preconditionFailure)\(/, in: code, "this stops the server for every tenant: throw instead")
  }

  static let noPrinting = Rule(
    name: "nothing in Sources prints",
    planted: [
      (SourceFile("Sources/API/Name.swift", "\nprint(1)"), 2), (SourceFile("Sources/API/Name.swift", "dump(one)"), 1),
    ],
    innocent: [SourceFile("Sources/API/Name.swift", "fingerprint(1) // print(1)")]
  ) { file in
    guard file.isSwift, file.module != nil else { return [] }
    return file.violations(
      of: /\b(print|debugPrint|dump)\(/, in: file.swift.code,
      "write a log line, or to the standard output by name")
  }

  /// The modules that wrap C libraries.
  private static let wrappers: Set<String> = ["Postgres", "HTTP", "JSON", "Crypto", "Locking"]

  static let reasonedUnchecked = Rule(
    name: "unchecked concurrency stays in the modules that wrap C, each with its reason above it",
    planted: [
      (SourceFile("Sources/API/Name.swift", "// Reason.\nfinal class Name: @unchecked Sendable {}"), 2),
      (SourceFile("Sources/HTTP/Name.swift", "let one = 1\n\nfinal class Name: @unchecked Sendable {}"), 3),
      (SourceFile("Sources/Postgres/Name.swift", "nonisolated(unsafe) var one = 1"), 1),
      (SourceFile("Tests/APITests/Name.swift", "// Reason.\nnonisolated(unsafe) var one = 1"), 2),
    ],
    innocent: [
      SourceFile("Sources/HTTP/Name.swift", "/// Reason.\n@frozen\npublic final class Name: @unchecked Sendable {}"),
      SourceFile("Sources/API/Name.swift", "// not @unchecked Sendable"),
    ]
  ) { file in
    guard file.isSwift else { return [] }
    let text = file.swift
    let pattern = /@unchecked\s+Sendable|nonisolated\(unsafe\)/
    guard let module = file.module, wrappers.contains(module) else {
      return file.violations(of: pattern, in: text.code, "only the modules that wrap C may switch checking off")
    }
    let code = text.code.split(separator: "\n", omittingEmptySubsequences: false)
    let comments = text.comments.split(separator: "\n", omittingEmptySubsequences: false)
    return file.violations(of: pattern, in: text.code, "say in a comment above why this is safe").filter { violation in
      var line = violation.line - 2
      // Attributes on lines of their own may stand between.
      while line >= 0, code[line].drop(while: \.isWhitespace).hasPrefix("@") { line -= 1 }
      return line < 0 || comments[line].allSatisfy(\.isWhitespace)
    }
  }

  static let noSleepingTests = Rule(
    name: "a test waits on a signal and never sleeps",
    planted: [
      (SourceFile("Tests/APITests/Name.swift", "\ntry await Task.sleep(for: .seconds(1))"), 2),
      (SourceFile("Tests/APITests/Name.swift", "usleep(1)"), 1),
      (SourceFile("Tests/APITests/Name.swift", "Glibc.sleep(1)"), 1),
      (SourceFile("Tests/APITests/Name.swift", "Thread.sleep(forTimeInterval: 1)"), 1),
    ],
    innocent: [SourceFile("Tests/APITests/Name.swift", "run(\"pg_sleep(1)\"); pg_sleep(1)")]
  ) { file in
    guard file.isSwift, file.isTest else { return [] }
    return file.violations(
      of: /\b(sleep|usleep|nanosleep|clock_nanosleep)\(/, in: file.swift.code,
      "wait on what the test waits for")
  }

  static let namedTests = Rule(
    name: "every test is named by a sentence",
    planted: [
      (SourceFile("Tests/APITests/Name.swift", "\n@Test func name() {}"), 2),
      (SourceFile("Tests/APITests/Name.swift", "@Test(arguments: [1]) func name(one: Int) {}"), 1),
      (SourceFile("Tests/APITests/Name.swift", "@Test(\"name\") func name() {}"), 1),
    ],
    innocent: [
      SourceFile("Tests/APITests/Name.swift", "@Test(\n  \"a name is refused\", arguments: [1])\nfunc name() {}")
    ]
  ) { file in
    guard file.isSwift, file.isTest else { return [] }
    let code = file.swift.code
    // Strings are blank in the code, so the sentence is read at the same place of the file.
    let sentences = file.violations(of: /@Test\b(?!\s*\(\s*#*")/, in: code, "give the test a sentence as its name")
    let words = file.violations(of: /@Test\(\s*"[^"\s]*"/, in: file.text, "one word is no sentence")
    let marked = file.violations(of: /@Test\(\s*"/, in: code, "").map(\.line)
    return sentences + words.filter { marked.contains($0.line) }
  }
}
