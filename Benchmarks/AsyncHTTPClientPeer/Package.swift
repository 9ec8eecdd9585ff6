// swift-tools-version: 6.1
// A peer for scripts/bench. A package of its own, so that building Apus never builds async-http-client.
import PackageDescription

let package = Package(
  name: "async-http-client-bench",
  platforms: [.macOS(.v14)],
  dependencies: [
    .package(url: "https://github.com/swift-server/async-http-client", "1.37.0"..<"1.38.0")
  ],
  targets: [
    .executableTarget(
      name: "async-http-client-bench",
      dependencies: [.product(name: "AsyncHTTPClient", package: "async-http-client")],
      path: "Sources")
  ]
)
