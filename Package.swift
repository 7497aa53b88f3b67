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

let package = Package(
  name: "tollgate",
  products: [.executable(name: "tollgate", targets: ["tollgate"])],
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
    .target(name: "Network", swiftSettings: strict),
    .target(name: "HTTP", dependencies: ["CMicroHTTPD", "Log", "Network"], swiftSettings: strict),
    .target(name: "JSON", dependencies: ["CJansson"], swiftSettings: strict),
    .target(name: "Crypto", dependencies: ["CCrypto"], swiftSettings: strict),
    .target(name: "Fetching", dependencies: ["CCurl", "Network"], swiftSettings: strict),
    .target(name: "Cluster", swiftSettings: strict),

    // Tollgate itself.
    .target(name: "Tokens", swiftSettings: strict),
    .target(name: "Settlement", dependencies: ["JSON", "Postgres", "Tokens"], swiftSettings: strict),
    .target(name: "Accounts", dependencies: ["Postgres", "Tokens"], swiftSettings: strict),
    .target(
      name: "Schema", dependencies: ["Postgres", "Crypto"], swiftSettings: strict,
      plugins: ["EmbedFiles"]),
    .target(
      name: "API",
      dependencies: ["HTTP", "JSON", "Crypto", "Fetching", "Log", "Network", "Settlement", "Accounts", "Tokens"],
      swiftSettings: strict, plugins: ["EmbedFiles"]),
    .executableTarget(
      name: "tollgate",
      dependencies: [
        "API", "Schema", "Cluster", "Log", "Network", "Postgres", "Crypto", "JSON", "Accounts", "Settlement", "Tokens",
        "HTTP",
      ],
      swiftSettings: strict),

    // Puts sql/ and openapi.json into the binary.
    .executableTarget(name: "embed-files", swiftSettings: strict),
    .plugin(name: "EmbedFiles", capability: .buildTool(), dependencies: ["embed-files"]),

    // Tests, with real parts only.
    .target(
      name: "Testbed",
      dependencies: [
        "API", "Accounts", "Cluster", "Crypto", "HTTP", "JSON", "Log", "Postgres", "Schema", "Settlement", "Tokens",
      ],
      path: "Tests/Testbed", swiftSettings: strict),
    .testTarget(name: "PostgresTests", dependencies: ["Postgres", "Testbed"], swiftSettings: strict),
    .testTarget(
      name: "SchemaTests", dependencies: ["Schema", "Postgres", "Cluster", "Testbed"], swiftSettings: strict),
    .testTarget(name: "TokensTests", dependencies: ["Tokens"], swiftSettings: strict),
    .testTarget(
      name: "SettlementTests", dependencies: ["Settlement", "Tokens", "Postgres", "Cluster", "Testbed"],
      swiftSettings: strict),
    .testTarget(name: "NetworkTests", dependencies: ["Network"], swiftSettings: strict),
    .testTarget(name: "HTTPTests", dependencies: ["HTTP", "Network", "Testbed"], swiftSettings: strict),
    .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strict),
    .testTarget(name: "CryptoTests", dependencies: ["Cluster", "Crypto", "Testbed"], swiftSettings: strict),
    .testTarget(
      name: "FetchingTests", dependencies: ["Cluster", "Fetching", "HTTP", "Network", "Testbed"], swiftSettings: strict),
    .testTarget(
      name: "APITests",
      dependencies: ["API", "Cluster", "Crypto", "HTTP", "JSON", "Log", "Postgres", "Schema", "Testbed"],
      swiftSettings: strict),
    .testTarget(
      name: "CommandTests",
      dependencies: ["Accounts", "Cluster", "HTTP", "JSON", "Log", "Postgres", "Schema", "Testbed", "tollgate"],
      swiftSettings: strict),
    .executableTarget(
      name: "ThrowAwayOwner", dependencies: ["Cluster"], path: "Tests/ThrowAwayOwner", swiftSettings: strict),
    .testTarget(name: "ClusterTests", dependencies: ["Cluster", "ThrowAwayOwner"], swiftSettings: strict),
    .testTarget(name: "StyleTests", swiftSettings: strict),
  ]
)
