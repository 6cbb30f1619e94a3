/// What the scanner accepts of a text beyond the grammar. Both limits bound the scanner's own memory, which is part of
/// the scanner itself, so neither can be configured; no document that this service reads comes near them.
package enum JSONLimits {
    /// Containers open at once.
    package static let depth = 16
    /// Keys remembered at once for the refusal of duplicates: those of an object and of the objects around it.
    package static let members = 64
    /// Bytes of a text with objects in it: offsets of keys are held in 32 bits.
    package static let bytes = Int(UInt32.max >> 1)
}
