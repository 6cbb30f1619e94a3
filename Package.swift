// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every Swift target: what the compiler can prove, it is made to prove.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableExperimentalFeature("Lifetimes"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "token-service",
    products: [
        .executable(name: "token-service", targets: ["TokenService"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // Only the tests read YAML.
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CNATS", pkgConfig: "libnats", providers: [.apt(["libnats-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

        .target(name: "StrictJSON", swiftSettings: settings),
        .target(
            name: "TokenContract",
            dependencies: ["StrictJSON"],
            resources: [
                .embedInCode("AsyncAPI/asyncapi.yaml"),
                .embedInCode("Schemas/generate_tokens.request.json"),
                .embedInCode("Schemas/generate_tokens.reply.json"),
                .embedInCode("Schemas/verify_token.request.json"),
                .embedInCode("Schemas/verify_token.reply.json"),
                .embedInCode("Schemas/refresh_tokens.request.json"),
                .embedInCode("Schemas/refresh_tokens.reply.json"),
                .embedInCode("Schemas/blacklist_tokens.request.json"),
                .embedInCode("Schemas/blacklist_tokens.reply.json"),
            ],
            swiftSettings: settings
        ),
        .target(name: "JOSE", dependencies: ["COpenSSL", "StrictJSON"], swiftSettings: settings),
        // One function that becomes one instruction; nothing to install, nothing to link.
        .systemLibrary(name: "CPrefetch"),
        .target(name: "Blacklist", dependencies: ["CPrefetch"], swiftSettings: settings),
        .target(name: "NATSTransport", dependencies: ["CNATS"], swiftSettings: settings),
        .target(
            name: "TokenOperations",
            dependencies: ["StrictJSON", "TokenContract", "JOSE", "Blacklist"],
            swiftSettings: settings
        ),
        .target(
            name: "JetStreamLedger",
            dependencies: ["StrictJSON", "Blacklist", "TokenOperations", "NATSTransport"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "TokenService",
            dependencies: [
                "StrictJSON", "TokenContract", "JOSE", "Blacklist", "TokenOperations", "NATSTransport", "JetStreamLedger",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),

        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(name: "StrictJSONTests", dependencies: ["StrictJSON", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "TokenContractTests",
            dependencies: ["StrictJSON", "TokenContract", "TestSupport", .product(name: "Yams", package: "Yams")],
            swiftSettings: settings
        ),
        .testTarget(name: "JOSETests", dependencies: ["JOSE", "StrictJSON", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "BlacklistTests", dependencies: ["Blacklist", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "TokenOperationsTests",
            dependencies: ["TokenOperations", "TokenContract", "JOSE", "Blacklist", "StrictJSON", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "NATSTransportTests",
            dependencies: ["NATSTransport", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "JetStreamLedgerTests",
            dependencies: [
                "JetStreamLedger", "TokenOperations", "TokenContract", "Blacklist", "StrictJSON", "NATSTransport", "TestSupport",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TokenServiceTests",
            dependencies: [
                "TokenService", "JetStreamLedger", "TokenOperations", "TokenContract", "StrictJSON", "NATSTransport", "JOSE",
                "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: settings
        ),
    ]
)
