/// A loop's state as others see it.
package enum LoopState: Int, Sendable {
    case disconnected
    /// Connected, outside the queue group (or not yet confirmed in it).
    case connected
    /// In the queue group, confirmed by the server.
    case serving
    case draining
    case closed
}
