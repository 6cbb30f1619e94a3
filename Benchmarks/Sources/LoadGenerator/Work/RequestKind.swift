/// What a request asks for, and so what its reply must be.
package enum RequestKind: UInt8, CaseIterable, Sendable {
    /// A token of a small set, asked for again and again.
    case hot
    /// A token that was not asked for lately: the pool is asked in turn.
    case new
    /// A token that was blacklisted.
    case revoked
    /// A real token with another signature, never the same twice: it costs a signature check.
    case forged
    /// No token at all, never the same twice.
    case malformed
    case generate
    case refresh
    case blacklist

    package var name: String {
        switch self {
        case .hot: "hot"
        case .new: "new"
        case .revoked: "revoked"
        case .forged: "forged"
        case .malformed: "malformed"
        case .generate: "generate"
        case .refresh: "refresh"
        case .blacklist: "blacklist"
        }
    }
}

/// What share of the requests is of which kind.
package struct Mix: Equatable, Sendable {
    /// In hundredths of a percent; they add up to 10,000.
    package private(set) var shares: [(kind: RequestKind, share: Int)]

    package static let whole = 10_000

    package init(only kind: RequestKind) {
        shares = [(kind, Self.whole)]
    }

    /// Verifications: what the percentages leave is hot.
    package init(verifyNew new: Double, revoked: Double, forged: Double, malformed: Double) throws(LoadError) {
        let percentages = [(RequestKind.new, new), (.revoked, revoked), (.forged, forged), (.malformed, malformed)]
        var left = Self.whole
        shares = []
        for (kind, percentage) in percentages where percentage != 0 {
            guard percentage > 0, percentage <= 100 else {
                throw LoadError("--\(kind.name) is a percentage, between 0 and 100")
            }
            let share = Int((percentage * 100).rounded())
            guard share > 0 else { throw LoadError("--\(kind.name): the smallest share is 0.01 percent") }
            shares.append((kind, share))
            left -= share
        }
        guard left >= 0 else { throw LoadError("the shares add up to more than 100 percent") }
        if left > 0 { shares.insert((.hot, left), at: 0) }
    }

    package func contains(_ kind: RequestKind) -> Bool { shares.contains { $0.kind == kind } }

    package var kinds: [RequestKind] { shares.map(\.kind) }

    /// `draw`: uniform below `whole`.
    func kind(_ draw: Int) -> RequestKind {
        var draw = draw
        for (kind, share) in shares {
            if draw < share { return kind }
            draw -= share
        }
        return shares[0].kind
    }

    package static func == (left: Mix, right: Mix) -> Bool {
        left.shares.elementsEqual(right.shares) { $0 == $1 }
    }

    /// Such as `99 % hot, 1 % revoked`; one kind alone is its name.
    package var description: String {
        guard shares.count > 1 else { return shares[0].kind.name }
        return shares.map { kind, share in
            let whole = share / 100
            let rest = share % 100
            let fraction = rest == 0 ? "" : rest % 10 == 0 ? ".\(rest / 10)" : rest < 10 ? ".0\(rest)" : ".\(rest)"
            return "\(whole)\(fraction) % \(kind.name)"
        }.joined(separator: ", ")
    }
}
