/// A loop's state as others see it.
package enum LoopState: Int, Sendable {
    case disconnected
    /// Connected; no request of the queue group comes in, or the server has not confirmed yet that it does.
    case connected
    /// In the queue group, confirmed by the server; after a leave, until that is confirmed too.
    case serving
    case draining
    case closed
}
