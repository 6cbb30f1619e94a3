internal import COpenSSL

/// The one owner of a `BIGNUM` that OpenSSL made; its value is wiped at the end.
@safe struct BigNumber: ~Copyable {
    private let pointer: OpaquePointer

    /// Takes over the caller's number.
    init(owning number: OpaquePointer) {
        unsafe pointer = number
    }

    deinit { unsafe BN_clear_free(pointer) }

    /// Big-endian, in `length` bytes, or in as few as it takes. `nil` when it does not fit.
    func bytes(length wanted: Int? = nil) -> [UInt8]? {
        let needed = unsafe (Int(BN_num_bits(pointer)) + 7) / 8
        let length = wanted ?? needed
        guard needed <= length else { return nil }
        var bytes = [UInt8](repeating: 0, count: length)
        let pointer = unsafe self.pointer
        let written = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            unsafe BN_bn2binpad(pointer, buffer.baseAddress, Int32(buffer.count))
        }
        return Int(written) == length ? bytes : nil
    }
}
