/// A schema that cannot be enforced as it is written. Met at start only, and then a defect of the program.
package struct SchemaError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The schema's file.
    package let file: String
    package let text: String

    package var description: String { "schema \(file): \(text)" }
}
