// swift-tools-version: 6.2
import PackageDescription

/// As in the service's package: what is measured is what is served.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableExperimentalFeature("Lifetimes"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// The operations in process, beside what OpenSSL can do by itself. A package of its own, because the libraries that they
/// are compared with take minutes to build; the service's sources come in by links.
let package = Package(
    name: "in-process-benchmark",
    dependencies: [
        // Without traits: its hooks into the allocator and the runtime do not come with it, so its malloc counts read 0.
        // Allocations are counted by CReference instead.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CPrefetch"),
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
        .target(name: "Blacklist", dependencies: ["CPrefetch"], swiftSettings: settings),
        .target(
            name: "TokenOperations",
            dependencies: ["StrictJSON", "TokenContract", "JOSE", "Blacklist"],
            swiftSettings: settings
        ),

        .target(
            name: "CReference",
            cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [.linkedLibrary("crypto")]
        ),
        .target(
            name: "Subjects",
            dependencies: ["StrictJSON", "TokenContract", "JOSE", "Blacklist", "TokenOperations", "CReference"],
            swiftSettings: settings
        ),
        // jwt-kit is measured apart: its own libraries carry another copy of the cryptography.
        .target(
            name: "OtherLibrary",
            dependencies: [.product(name: "JWTKit", package: "jwt-kit")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "InProcessRows", dependencies: ["Subjects", "OtherLibrary", "CReference"], swiftSettings: settings),
        .executableTarget(
            name: "InProcess",
            dependencies: ["Subjects", "CReference", .product(name: "Benchmark", package: "benchmark")],
            path: "Benchmarks/InProcess",
            swiftSettings: settings,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
    ]
)
