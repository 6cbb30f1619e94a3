import ArgumentParser
import LoadGenerator

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Ask verify_token: tokens seen before, and shares of others.")

    @OptionGroup var target: TargetOptions
    @OptionGroup var pace: PaceOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "Percent of tokens that were not seen lately: a signature check each.")
    var new = 0.0
    @Option(help: "Percent of blacklisted tokens.")
    var revoked = 0.0
    @Option(help: "Percent of real tokens with another signature, never the same twice.")
    var forged = 0.0
    @Option(help: "Percent of what is no token, never the same twice.")
    var malformed = 0.0

    @Option(help: ArgumentHelp("How many tokens are seen again and again.", valueName: "N"))
    var hotCount = 1_000
    @Option(help: ArgumentHelp("How many new tokens are asked for in turn. It should be several times what the service remembers.",
        valueName: "N"))
    var count = 100_000
    @Option(help: ArgumentHelp("How many blacklisted tokens are asked for in turn.", valueName: "N"))
    var revokedCount = 1_000
    @Option(help: ArgumentHelp("Tokens to ask about, as `token-bench tokens` writes them, for who may not generate.",
        valueName: "FILE"))
    var tokens: String?
    @Option(help: ArgumentHelp("Blacklisted tokens, likewise, for who may not blacklist.", valueName: "FILE"))
    var revokedTokens: String?
    @Flag(help: "Whoever answers is an echo: only that its reply says `valid` is checked.")
    var echo = false

    func validate() throws {
        if echo && tokens == nil { throw ValidationError("--echo needs --tokens: an echo makes none") }
        guard hotCount > 0, count > 0, revokedCount > 0 else { throw ValidationError("a count is at least 1") }
    }

    func run() throws {
        try reporting {
            let session = Session(target: target, pace: pace, output: output)
            let mix = try Mix(verifyNew: new, revoked: revoked, forged: forged, malformed: malformed)
            let paces = pace.paces(otherwise: 64)
            for each in paces { try pace.plan(mix, each, target).check() }
            let material = try material(for: mix, session)
            try session.run(mix, paces) { _ in material }
        }
    }

    private func material(for mix: Mix, _ session: Session) throws -> Material {
        // What is forged and malformed is made of hot ones.
        let needsHot = mix.contains(.hot) || mix.contains(.forged) || mix.contains(.malformed)
        let hots = needsHot ? hotCount : 0
        let news = mix.contains(.new) ? count : 0
        let revokeds = mix.contains(.revoked) ? revokedCount : 0
        let made = try session.pairs(hots + news + (revokedTokens == nil ? revokeds : 0), from: tokens)
        var dead: [TokenPair] = []
        if revokeds > 0 {
            if let revokedTokens {
                dead = try session.pairs(revokeds, from: revokedTokens)
            } else {
                dead = Array(made.suffix(revokeds))
                session.note("blacklisting \(Texts.count(revokeds)) of them")
                if !echo { try session.preparation().revoke(dead) }
            }
        }
        var material = Material()
        material.answeredByEcho = echo
        try material.verify(hot: Array(made.prefix(hots)), new: Array(made.dropFirst(hots).prefix(news)), revoked: dead)
        return material
    }
}
