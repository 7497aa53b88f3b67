// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "worker",
  dependencies: [.package(name: "tollgate", path: "../..")],
  targets: [
    .executableTarget(
      name: "example-worker", dependencies: [.product(name: "TollgateClient", package: "tollgate")], path: "Sources",
      swiftSettings: [.swiftLanguageMode(.v6)])
  ]
)
