// Pattern: content of which any piece tells where it stands.

/// So many bytes, so that one lost, doubled or moved is seen, whatever pieces they come in.
package func pattern(_ count: Int) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: count) { bytes, initialised in
    for index in 0..<count {
      bytes[index] = UInt8(truncatingIfNeeded: index &* 31 &+ index >> 8 &* 7 &+ index >> 16)
    }
    initialised = count
  }
}
