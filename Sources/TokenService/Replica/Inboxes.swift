/// Where a connection's own inboxes are, and the setting that says so. A user who may not use them is the commonest mistake
/// with narrow permissions, and the server's words do not name the setting.
struct Inboxes: Sendable {
    let prefix: String
    let setting: Setting

    /// What to do about an error of the server's; nil when it is not about these inboxes.
    func advice(on error: String) -> String? {
        guard error.contains("Permissions Violation"), error.contains("\"\(prefix).") else { return nil }
        return """
            allow this NATS user to publish and subscribe to \(prefix).>, or set \(setting.flag) (\(setting.variable)) to \
            where it may
            """
    }
}
