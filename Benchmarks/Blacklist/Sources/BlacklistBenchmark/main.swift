import Foundation

/// `BlacklistBenchmark [SECTION …] [LARGEST]`: the rows of the sections (all by default); the plot goes up to so many
/// ids.
let arguments = CommandLine.arguments.dropFirst()
let largest = arguments.compactMap { Int($0) }.first ?? 10_000_000
let wanted = arguments.filter { Int($0) == nil }

func section(_ name: String, _ body: () throws -> Void) rethrows {
    if wanted.isEmpty || wanted.contains(name) { try body() }
}

do {
    try section("lookups") {
        try Lookups.rows(1_000_000, .life, withOthers: true)
        try Lookups.rows(1_000_000, .oneSlice, withOthers: false)
        try Lookups.rows(10_000_000, .life, withOthers: true)
        try Lookups.rows(10_000_000, .oneSlice, withOthers: false)
    }
    try section("inserts") {
        try Inserts.rows(1_000_000, .life, rounds: 7)
        try Inserts.rows(10_000_000, .life, rounds: 3)
        try Inserts.rows(10_000_000, .oneSlice, rounds: 3)
    }
    try section("filter") { try Filter.rows() }
    try section("tail") { try Tail.rows(rounds: 5) }
    try section("prefetch") { try Prefetching.rows() }
    try section("plot") {
        for size in [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000].map({ $0 * 1_000 })
        where size <= largest {
            // Of a hundred million the two others do not fit beside these into 24 GiB.
            try Lookups.points(size, withOthers: size <= 30_000_000)
        }
    }
} catch {
    FileHandle.standardError.write(Data("failed: \(error)\n".utf8))
    exit(1)
}
