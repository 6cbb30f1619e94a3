/// Blocks that are unlinked and wait until no reader can hold them, oldest first.
struct RetiredBlocks {
    private var blocks: [(address: UInt, bytes: Int, epoch: UInt64)] = []
    private(set) var bytes = 0

    var isEmpty: Bool { blocks.isEmpty }

    mutating func append(_ address: UInt, bytes: Int, epoch: UInt64) {
        blocks.append((address, bytes, epoch))
        self.bytes += bytes
    }

    /// Takes out what was unlinked at this epoch or before.
    mutating func take(upTo epoch: UInt64) -> [UInt] {
        let count = blocks.firstIndex { $0.epoch > epoch } ?? blocks.count
        let taken = blocks.prefix(count)
        blocks.removeFirst(count)
        bytes -= taken.reduce(0) { $0 + $1.bytes }
        return taken.map(\.address)
    }
}
