// swift-tools-version: 6.1
// A peer for scripts/bench. A package of its own, so that building Apus never builds Hummingbird.
import PackageDescription

let package = Package(
  name: "hummingbird-bench",
  platforms: [.macOS(.v14)],
  dependencies: [
    .package(url: "https://github.com/hummingbird-project/hummingbird", "2.28.0"..<"2.29.0")
  ],
  targets: [
    .executableTarget(
      name: "hummingbird-bench",
      dependencies: [.product(name: "Hummingbird", package: "hummingbird")],
      path: "Sources")
  ]
)
