// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// `make fuzz` builds with coverage of what reads clients' bytes (docs/decisions/0018-fuzzing-with-libfuzzer.md). Of no
/// use otherwise: such modules need libFuzzer to link.
let isFuzzing = Context.environment["TOLLGATE_FUZZ"] != nil
let covered: [SwiftSetting] = strict + (isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer"])] : [])

let package = Package(
  name: "tollgate",
  products: [
    .executable(name: "tollgate", targets: ["tollgate"]),
    .library(name: "TollgateClient", targets: ["TollgateClient"]),
  ],
  targets: [
    // C libraries: a module map and inline wrappers, nothing else.
    .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(
      name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
    .systemLibrary(name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),

    // C libraries made safe. They know no tokens.
    .target(name: "Log", swiftSettings: strict),
    .target(name: "Postgres", dependencies: ["CLibPQ"], swiftSettings: strict),
    .target(name: "Locking", swiftSettings: strict),
    .target(name: "Network", swiftSettings: strict),
    .target(name: "Metrics", dependencies: ["Locking"], swiftSettings: strict),
    .target(name: "CReceive"),
    .target(
      name: "HTTP", dependencies: ["CMicroHTTPD", "CReceive", "Locking", "Log", "Network"], swiftSettings: covered),
    .target(name: "JSON", dependencies: ["CJansson"], swiftSettings: covered),
    .target(name: "Crypto", dependencies: ["CCrypto", "Locking"], swiftSettings: covered),
    .target(name: "Fetching", dependencies: ["CCurl", "Locking", "Network"], swiftSettings: strict),
    .target(name: "CSpawn"),
    .target(name: "Cluster", dependencies: ["CSpawn", "Locking"], swiftSettings: strict),

    // Tollgate itself.
    .target(name: "Tokens", swiftSettings: covered),
    .target(name: "Settlement", dependencies: ["JSON", "Locking", "Postgres", "Tokens"], swiftSettings: strict),
    .target(name: "Accounts", dependencies: ["Locking", "Postgres", "Tokens"], swiftSettings: strict),
    .target(name: "Decisions", dependencies: ["Locking", "Postgres", "Tokens"], swiftSettings: strict),
    .target(
      name: "Vault",
      dependencies: ["Accounts", "Crypto", "Fetching", "JSON", "Locking", "Log", "Network", "Tokens"],
      swiftSettings: strict),
    .target(
      name: "Notifications",
      dependencies: ["Accounts", "Crypto", "Fetching", "Locking", "Log", "Metrics", "Tokens", "Vault"],
      swiftSettings: strict),
    .target(
      name: "Schema", dependencies: ["Postgres", "Crypto"], swiftSettings: strict,
      plugins: ["EmbedFiles"]),
    .target(
      name: "API",
      dependencies: [
        "HTTP", "JSON", "Crypto", "Decisions", "Fetching", "Locking", "Log", "Metrics", "Network", "Notifications",
        "Settlement", "Accounts", "Tokens", "Vault",
      ],
      swiftSettings: covered, plugins: ["EmbedFiles"]),
    .executableTarget(
      name: "tollgate",
      dependencies: [
        "API", "Schema", "Cluster", "Decisions", "Fetching", "Locking", "Log", "Metrics", "Network", "Postgres",
        "Crypto", "JSON", "Accounts", "Notifications", "Settlement", "Tokens", "HTTP", "Vault",
      ],
      swiftSettings: strict),

    // For programs that spend tokens. Knows no server.
    .target(name: "TollgateClient", dependencies: ["Fetching", "JSON", "Network"], swiftSettings: strict),
    // Also a package of its own, as its user would have it: Examples/Worker/Package.swift.
    .executableTarget(
      name: "example-worker", dependencies: ["TollgateClient"], path: "Examples/Worker/Sources", swiftSettings: strict),

    // Puts sql/ and openapi.json into the binary.
    .executableTarget(name: "embed-files", swiftSettings: strict),
    .plugin(name: "EmbedFiles", capability: .buildTool(), dependencies: ["embed-files"]),

    // Tests, with real parts only.
    .target(
      name: "Testbed",
      dependencies: [
        "API", "Accounts", "Cluster", "Crypto", "Decisions", "Fetching", "HTTP", "JSON", "Locking", "Log", "Network",
        "Postgres", "Schema", "Settlement", "Tokens", "Vault",
      ],
      path: "Tests/Testbed", swiftSettings: strict),
    .testTarget(name: "MetricsTests", dependencies: ["Metrics"], swiftSettings: strict),
    .testTarget(name: "PostgresTests", dependencies: ["Locking", "Postgres", "Testbed"], swiftSettings: strict),
    .testTarget(
      name: "SchemaTests", dependencies: ["Schema", "Locking", "Postgres", "Cluster", "Testbed"], swiftSettings: strict),
    .testTarget(name: "TokensTests", dependencies: ["Tokens"], swiftSettings: strict),
    .testTarget(
      name: "SettlementTests", dependencies: ["Settlement", "Locking", "Tokens", "Postgres", "Cluster", "Testbed"],
      swiftSettings: strict),
    .testTarget(
      name: "AccountsTests", dependencies: ["Accounts", "Locking", "Postgres", "Testbed", "Tokens"],
      swiftSettings: strict),
    .testTarget(
      name: "DecisionsTests",
      dependencies: ["Accounts", "Cluster", "Decisions", "JSON", "Locking", "Postgres", "Testbed", "Tokens"],
      swiftSettings: strict),
    .testTarget(name: "NetworkTests", dependencies: ["Network"], swiftSettings: strict),
    .testTarget(name: "HTTPTests", dependencies: ["HTTP", "Locking", "Network", "Testbed"], swiftSettings: strict),
    .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strict),
    .testTarget(name: "CryptoTests", dependencies: ["Cluster", "Crypto", "Testbed"], swiftSettings: strict),
    .testTarget(
      name: "FetchingTests", dependencies: ["Cluster", "Fetching", "HTTP", "Locking", "Network", "Testbed"],
      swiftSettings: strict),
    .testTarget(
      name: "VaultTests", dependencies: ["Crypto", "Fetching", "Locking", "Network", "Testbed", "Tokens", "Vault"],
      swiftSettings: strict),
    .testTarget(
      name: "NotificationTests",
      dependencies: [
        "Accounts", "Crypto", "Fetching", "HTTP", "JSON", "Locking", "Log", "Network", "Notifications", "Postgres",
        "Testbed", "Tokens", "Vault",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "APITests",
      dependencies: [
        "API", "Cluster", "Crypto", "HTTP", "JSON", "Locking", "Log", "Postgres", "Schema", "Testbed", "Vault",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "HostileInputTests", dependencies: ["API", "Cluster", "Crypto", "JSON", "Testbed"],
      exclude: ["Cases", "README.md"],
      swiftSettings: strict),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "Accounts", "Cluster", "HTTP", "JSON", "Locking", "Log", "Postgres", "Schema", "Testbed", "Vault",
        "example-worker", "tollgate",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ClientTests", dependencies: ["Cluster", "HTTP", "Postgres", "Testbed", "TollgateClient"],
      swiftSettings: strict),
    // The dashboard in a real Chromium, spoken to by WebDriver.
    .testTarget(
      name: "DashboardTests",
      dependencies: [
        "Accounts", "Cluster", "Fetching", "HTTP", "JSON", "Locking", "Log", "Network", "Notifications", "Testbed",
        "Vault",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "DocumentationTests",
      dependencies: ["Cluster", "JSON", "Locking", "Postgres", "Schema", "Testbed", "tollgate"], swiftSettings: strict),
    .target(
      name: "FuzzTargets", dependencies: ["API", "Crypto", "HTTP", "JSON", "Locking", "Testbed", "Tokens"],
      path: "Fuzz/Targets",
      swiftSettings: strict),
    .testTarget(
      name: "FuzzTests", dependencies: ["Cluster", "FuzzTargets"], path: "Fuzz/Tests", swiftSettings: strict),
    .executableTarget(
      name: "ThrowAwayOwner", dependencies: ["Cluster"], path: "Tests/ThrowAwayOwner", swiftSettings: strict),
    .testTarget(name: "ClusterTests", dependencies: ["Cluster", "Locking", "ThrowAwayOwner"], swiftSettings: strict),
    .testTarget(name: "StyleTests", swiftSettings: strict),
  ]
)

if isFuzzing {
  package.targets.append(
    .executableTarget(name: "fuzz", dependencies: ["FuzzTargets"], path: "Fuzz/Runner", swiftSettings: strict))
}
