/// A subject that a loop answers.
package struct Endpoint: Sendable, Equatable {
    package let subject: String
    /// With a queue group one member answers each request, and the subscription follows `setServing`. Without one,
    /// every loop answers, serving or not: that is how discovery asks.
    package let queueGroup: String?

    package init(subject: String, queueGroup: String? = nil) {
        self.subject = subject
        self.queueGroup = queueGroup
    }
}
