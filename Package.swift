// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target of ours is compiled with. `Lifetimes` gives `@_lifetime`, which a
/// `~Escapable` view needs. `-Ounchecked` never appears: it drops preconditions.
let house: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableExperimentalFeature("Lifetimes"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Swift Testing's macros expand to code that strict memory safety flags, so tests leave it out.
let testHouse: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableExperimentalFeature("Lifetimes"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "apus",
  products: [
    .library(name: "Apus", targets: ["Apus"]),
    .library(name: "ApusCompression", targets: ["ApusCompression"]),
    .library(name: "ApusTLS", targets: ["ApusTLS"]),
    .library(name: "ApusTesting", targets: ["ApusTesting"]),
    .executable(name: "apus", targets: ["ApusCommand"]),
    .executable(name: "apus-example", targets: ["ApusExample"]),
    .executable(name: "apus-bench-server", targets: ["ApusBenchServer"]),
    .executable(name: "apus-bench-client", targets: ["ApusBenchClient"]),
    .executable(name: "apus-micro-engine", targets: ["ApusMicroEngine"]),
    .executable(name: "apus-micro-tls", targets: ["ApusMicroTLS"]),
  ],
  traits: [
    .trait(name: "ServiceLifecycle", description: "Server is a Service of swift-service-lifecycle."),
    .trait(name: "Metrics", description: "A running server reports to swift-metrics."),
    .trait(name: "HTTPTypes", description: "Requests and answers as swift-http-types has them."),
    .trait(name: "Tracing", description: "Spans of swift-distributed-tracing around handlers."),
    .trait(name: "Configuration", description: "Server.Configuration read by swift-configuration."),
  ],
  dependencies: [
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
  ],
  targets: [
    .target(
      name: "CApusLinux",
      linkerSettings: [.linkedLibrary("uring")]),
    .target(name: "ApusWire", exclude: ["WHY.md"], swiftSettings: house),
    .target(name: "ApusRing", dependencies: ["CApusLinux"], exclude: ["WHY.md"], swiftSettings: house),
    .target(
      name: "ApusJSON", dependencies: ["ApusRing", "ApusWire"], exclude: ["WHY.md"], swiftSettings: house),
    .target(
      name: "ApusEngine", dependencies: ["ApusRing", "ApusWire"], exclude: ["WHY.md"], swiftSettings: house),
    .target(
      name: "Apus",
      dependencies: [
        "ApusEngine", "ApusJSON", "ApusRing", "ApusWire", .product(name: "Logging", package: "swift-log"),
        .product(
          name: "ServiceLifecycle", package: "swift-service-lifecycle",
          condition: .when(traits: ["ServiceLifecycle"])),
        .product(name: "CoreMetrics", package: "swift-metrics", condition: .when(traits: ["Metrics"])),
        .product(name: "HTTPTypes", package: "swift-http-types", condition: .when(traits: ["HTTPTypes"])),
        .product(
          name: "Tracing", package: "swift-distributed-tracing", condition: .when(traits: ["Tracing"])),
        .product(
          name: "Configuration", package: "swift-configuration", condition: .when(traits: ["Configuration"])),
      ],
      exclude: ["WHY.md"],
      swiftSettings: house),
    .target(
      name: "CApusCompression",
      linkerSettings: [.linkedLibrary("z"), .linkedLibrary("brotlidec"), .linkedLibrary("zstd")]),
    .target(
      name: "ApusCompression", dependencies: ["Apus", "CApusCompression"], swiftSettings: house),
    .target(
      name: "CApusTLS",
      linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
    .target(
      name: "ApusTLS", dependencies: ["ApusEngine", "ApusRing", "ApusWire", "CApusTLS"], exclude: ["WHY.md"],
      swiftSettings: house),
    .target(
      name: "ApusTesting", dependencies: ["Apus", "ApusEngine", "ApusRing", "ApusWire"],
      swiftSettings: house),
    .executableTarget(
      name: "ApusCommand",
      dependencies: [
        "Apus", "ApusCompression", "ApusEngine", "ApusRing", "ApusTLS", "ApusWire",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: house),

    .target(
      name: "ApusExamples", dependencies: ["Apus"], path: "Sources/Examples", exclude: ["Command"],
      swiftSettings: house),
    .executableTarget(
      name: "ApusExample", dependencies: ["Apus", "ApusExamples"], path: "Sources/Examples/Command",
      swiftSettings: house),

    .target(
      name: "ApusBenchDocument", dependencies: ["Apus"], path: "Benchmarks/Document", swiftSettings: house),
    .executableTarget(
      name: "ApusBenchServer",
      dependencies: [
        "Apus", "ApusBenchDocument", "ApusEngine", "ApusTLS",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Benchmarks/Server", swiftSettings: house),
    .executableTarget(
      name: "ApusBenchClient", dependencies: ["Apus"], path: "Benchmarks/Client", swiftSettings: house),
    .executableTarget(
      name: "ApusMicro", dependencies: ["ApusWire"], path: "Benchmarks/Micro",
      swiftSettings: house),

    .target(name: "ApusHeapProbe", path: "Tests/ApusHeapProbe"),
    .target(
      name: "ApusTestSupport", dependencies: ["Apus", "ApusRing"], path: "Tests/ApusTestSupport",
      swiftSettings: testHouse
    ),
    .executableTarget(
      name: "ApusMicroEngine",
      dependencies: ["Apus", "ApusBenchDocument", "ApusEngine", "ApusHeapProbe", "ApusRing", "ApusWire"],
      path: "Benchmarks/MicroEngine", swiftSettings: house),

    .executableTarget(
      name: "ApusMicroTLS", dependencies: ["ApusEngine", "ApusHeapProbe", "ApusRing", "ApusTLS"],
      path: "Benchmarks/MicroTLS", swiftSettings: house),

    // Reads the repository's files; needs no target.
    .testTarget(name: "HouseTests", swiftSettings: testHouse),
    .testTarget(
      name: "ApusWireTests", dependencies: ["ApusWire", "ApusTesting"], swiftSettings: testHouse),
    .testTarget(
      name: "ApusRingTests", dependencies: ["ApusRing", "ApusTestSupport", "ApusTesting"],
      swiftSettings: testHouse),
    .testTarget(
      name: "ApusEngineTests",
      dependencies: ["ApusEngine", "ApusRing", "ApusTesting", "ApusWire"],
      swiftSettings: testHouse),
    .testTarget(
      name: "ApusSimulationTests",
      dependencies: ["Apus", "ApusTesting", "ApusEngine", "ApusRing", "ApusTestSupport", "ApusWire"],
      swiftSettings: testHouse),
    .testTarget(
      name: "ApusTests",
      dependencies: [
        "Apus", "ApusEngine", "ApusExamples", "ApusJSON", "ApusRing", "ApusTLS", "ApusTestSupport",
        "ApusTesting",
        "ApusWire",
        .product(name: "Logging", package: "swift-log"),
        .product(
          name: "Tracing", package: "swift-distributed-tracing", condition: .when(traits: ["Tracing"])),
        .product(
          name: "InMemoryTracing", package: "swift-distributed-tracing", condition: .when(traits: ["Tracing"])
        ),
        .product(
          name: "Configuration", package: "swift-configuration", condition: .when(traits: ["Configuration"])),
      ],
      swiftSettings: testHouse),
    .testTarget(
      name: "ApusServerTests",
      dependencies: [
        "Apus", "ApusEngine", "ApusHeapProbe", "ApusRing", "ApusTestSupport", "ApusTesting", "ApusWire",
        .product(name: "Logging", package: "swift-log"),
      ],
      exclude: ["Conformance/Cases"], swiftSettings: testHouse),
    .testTarget(
      name: "ApusCompressionTests", dependencies: ["Apus", "ApusCompression", "ApusTestSupport"],
      swiftSettings: testHouse),
    .testTarget(
      name: "ApusTLSTests",
      dependencies: ["Apus", "ApusEngine", "ApusRing", "ApusTLS", "ApusTestSupport", "CApusTLS"],
      swiftSettings: testHouse),
    .testTarget(
      name: "ApusCommandTests",
      dependencies: [
        "Apus", "ApusCommand", "ApusEngine", "ApusRing", "ApusTestSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: testHouse),
  ],
  swiftLanguageModes: [.v6]
)
