// swift-tools-version: 6.2
import PackageDescription

/// As in the package above: what is measured is what is served.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableExperimentalFeature("Lifetimes"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// What measures the service: the load, the ceiling, and the parts by themselves. A package of its own, so that nobody who
/// builds the service builds this. Sources of the service come in by links (`Sources/NAME -> ../../Sources/NAME`), because
/// what they offer is for one package (`package` access) and a benchmark is no reason to make it public.
let package = Package(
    name: "token-service-benchmarks",
    products: [
        .executable(name: "token-bench", targets: ["token-bench"]),
        .executable(name: "echo-responder", targets: ["echo-responder"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        .systemLibrary(name: "CNATS", pkgConfig: "libnats", providers: [.apt(["libnats-dev"])]),

        // Load over NATS.
        .target(
            name: "CLoad",
            cSettings: [.unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]
        ),
        .target(
            name: "LoadGenerator",
            dependencies: ["CLoad", .product(name: "Histogram", package: "hdrhistogram-swift")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "token-bench",
            dependencies: ["LoadGenerator", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "echo-responder",
            dependencies: ["CNATS"],
            cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])]
        ),
        .testTarget(name: "LoadGeneratorTests", dependencies: ["LoadGenerator"], swiftSettings: settings),
    ]
)
