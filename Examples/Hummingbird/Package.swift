// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "hummingbird-example",
  dependencies: [
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.0.0"),
    .package(name: "tollgate", path: "../.."),
  ],
  targets: [
    .executableTarget(
      name: "hummingbird-example",
      dependencies: [
        .product(name: "Hummingbird", package: "hummingbird"), .product(name: "TollgateClient", package: "tollgate"),
      ], path: "Sources", swiftSettings: [.swiftLanguageMode(.v6)])
  ]
)
