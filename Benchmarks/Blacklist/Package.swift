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

/// The blacklist beside what it is measured against. A package of its own, because the tables it is compared with have to
/// be installed; the blacklist's sources come in by a link, because what they offer is for one package (`package` access)
/// and a benchmark is no reason to make it public.
let package = Package(
    name: "blacklist-benchmark",
    targets: [
        .systemLibrary(name: "CPrefetch"),
        .systemLibrary(name: "CClock"),
        .target(name: "Blacklist", dependencies: ["CPrefetch"], swiftSettings: settings),
        .target(name: "Floor", cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])]),
        .target(
            name: "Others",
            cSettings: [.unsafeFlags(["-O3"])],
            cxxSettings: [.unsafeFlags(["-O3"])],
            linkerSettings: [.linkedLibrary("ck"), .linkedLibrary("tbb")]
        ),
        .executableTarget(
            name: "BlacklistBenchmark", dependencies: ["Blacklist", "Floor", "Others", "CClock"], swiftSettings: settings),
    ],
    cxxLanguageStandard: .cxx17
)
