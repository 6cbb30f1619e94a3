/// What stops a run before it has measured anything. What goes wrong with a single request is counted instead, see
/// `Failures`.
package struct LoadError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
