/// The kinds of value of RFC 8259 section 3.
package enum JSONKind: Equatable, Sendable {
    case object, array, string, number, boolean, null
}
