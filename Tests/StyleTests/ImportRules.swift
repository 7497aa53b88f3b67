// Which module may know which. Arrows go downwards only.

extension Rule {
  /// The modules of ours that a module may import; a new module has to be given its line.
  private static let arrows: [String: Set<String>] = [
    "Locking": [], "Log": [], "Network": [], "Metrics": ["Locking"], "Postgres": [], "JSON": [], "Tokens": [],
    "HTTP": ["Locking", "Log", "Network"],
    "Crypto": ["Locking"],
    "Fetching": ["Locking", "Network"],
    "TollgateClient": ["Fetching", "JSON", "Network"],
    "Cluster": ["Locking", "Postgres", "Crypto"],
    "Settlement": ["JSON", "Locking", "Postgres", "Tokens", "Log"],
    "Accounts": ["Locking", "Postgres", "Tokens", "Log"],
    "Decisions": ["Locking", "Postgres", "Tokens"],
    "Vault": ["Accounts", "Crypto", "Fetching", "JSON", "Locking", "Log", "Network", "Tokens"],
    "Notifications": ["Accounts", "Crypto", "Fetching", "Locking", "Log", "Metrics", "Tokens", "Vault"],
    "Schema": ["Postgres", "Crypto"],
    "API": [
      "HTTP", "JSON", "Crypto", "Decisions", "Fetching", "Locking", "Log", "Metrics", "Network", "Notifications",
      "Settlement", "Accounts", "Tokens", "Vault",
    ],
    "embed-files": [],
    "tollgate": [
      "API", "Accounts", "Cluster", "Crypto", "Decisions", "Fetching", "HTTP", "JSON", "Locking", "Log", "Metrics",
      "Network", "Notifications", "Postgres", "Schema", "Settlement", "Tokens", "Vault",
    ],
  ]

  /// Each C library and the one module that wraps it.
  private static let wrapper = [
    "CLibPQ": "Postgres", "CMicroHTTPD": "HTTP", "CJansson": "JSON", "CCrypto": "Crypto", "CCurl": "Fetching",
    "CReceive": "HTTP", "CSpawn": "Cluster",
  ]

  /// The domain is plain values: whatever can read a clock, a file or a socket stays out.
  private static let inputAndOutput: Set<String> = [
    "Dispatch", "Foundation", "FoundationEssentials", "FoundationNetworking", "Glibc", "Musl",
  ]

  private static var importPattern: Regex<(Substring, Substring)> {
    /\bimport\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias|actor)\s+)?([A-Za-z_]\w*)/
  }

  private static func imports(of file: SourceFile) -> [(module: String, line: Int)] {
    let code = file.swift.code
    return code.matches(of: importPattern.wordBoundaryKind(.simple).matchingSemantics(.unicodeScalar)).map {
      (String($0.output.1), SourceFile.line(of: $0.range.lowerBound, in: code))
    }
  }

  static let moduleImports = Rule(
    name: "a module imports only what it may know",
    planted: [
      (SourceFile("Sources/Postgres/Name.swift", "import Foundation\nimport Tokens"), 2),
      (SourceFile("Sources/HTTP/Name.swift", "public import JSON"), 1),
      (SourceFile("Sources/Tokens/Name.swift", "\nimport struct Foundation.Date"), 2),
      (SourceFile("Sources/Settlement/Name.swift", "@preconcurrency import Accounts"), 1),
      (SourceFile("Sources/Unheard/Name.swift", "import Swift"), 1),
    ],
    innocent: [
      SourceFile("Sources/HTTP/Name.swift", "import Foundation\ninternal import Log // import JSON"),
      SourceFile("Tests/TokensTests/Name.swift", "import Foundation\nimport Postgres"),
    ]
  ) { file in
    guard file.isSwift, let module = file.module else { return [] }
    guard let allowed = arrows[module] else {
      let message = "the module \(module) is new: give it its line in ImportRules.swift"
      return [Violation(path: file.path, line: 1, message: message)]
    }
    return imports(of: file).compactMap { found in
      let isForbidden =
        (arrows[found.module] != nil && !allowed.contains(found.module))
        || (module == "Tokens" && inputAndOutput.contains(found.module))
      guard isForbidden else { return nil }
      return Violation(path: file.path, line: found.line, message: "\(module) must not know \(found.module)")
    }
  }

  static let coherentC = Rule(
    name: "a C library is imported by the one module that wraps it",
    planted: [
      (SourceFile("Sources/API/Name.swift", "import Foundation\nimport CLibPQ"), 2),
      (SourceFile("Tests/HTTPTests/Name.swift", "import CMicroHTTPD"), 1),
      (SourceFile("Sources/CNew/module.modulemap", "module CNew [system] {}"), 1),
    ],
    innocent: [
      SourceFile("Sources/Postgres/Name.swift", "import CLibPQ"), SourceFile("Sources/API/Name.swift", "import Crypto"),
    ]
  ) { file in
    if let module = file.module, file.path.hasSuffix("/module.modulemap"), wrapper[module] == nil {
      let message = "the C library \(module) has no wrapping module yet: name it in ImportRules.swift"
      return [Violation(path: file.path, line: 1, message: message)]
    }
    guard file.isSwift else { return [] }
    return imports(of: file).compactMap { found in
      guard let owner = wrapper[found.module], file.module != owner else { return nil }
      return Violation(path: file.path, line: found.line, message: "only \(owner) may import \(found.module)")
    }
  }
}
