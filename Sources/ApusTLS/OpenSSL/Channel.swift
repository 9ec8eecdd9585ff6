// Channel: the one BIO of a context, pointed for each call at the memory of the current connection. Each call
// is bounded by the received bytes and by the available room.

internal import ApusEngine
internal import ApusRing
internal import CApusTLS

@safe final class Channel {
  private let state: UnsafeMutablePointer<apus_tls_channel>
  private let bio: OpaquePointer
  /// Memory that joins a response's head and the start of its body, so that they share a record.
  private let scratch = OwnedBlock(Channel.scratchBytes)
  /// The plaintext of one record (RFC 8446 section 5.1).
  private static let scratchBytes = 16_384

  init() {
    Library.start()
    // Safety: both are freed with the channel, which outlives the attached sessions: they hold it.
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(to: apus_tls_channel())
    guard let bio = unsafe apus_tls_make_bio(state) else { preconditionFailure("no memory for a BIO") }
    unsafe self.bio = bio
  }

  deinit {
    unsafe BIO_free(bio)
    unsafe state.deallocate()
  }

  /// Safety: the session is freed before the channel.
  @unsafe func attach(to session: OpaquePointer) { unsafe apus_tls_attach(session, bio) }

  /// Lends input and output for one call. Returns the call's result, and the bytes of ciphertext taken.
  func call(
    _ ciphertext: Span<UInt8>, _ output: inout CipherOutput,
    _ body: (UnsafeMutablePointer<apus_tls_channel>) -> apus_tls_step
  ) -> (step: apus_tls_step, taken: Int) {
    let free = output.free
    // Safety: the span and the block outlive the call, and nothing points to them after it.
    return unsafe ciphertext.withUnsafeBufferPointer { input in
      unsafe state.pointee = unsafe apus_tls_channel(
        input: input.baseAddress, input_count: input.count,
        output: free.base.assumingMemoryBound(to: UInt8.self), output_room: free.count, output_count: 0,
        is_starved: 0, is_full: 0)
      let step = unsafe body(state)
      output.didAppend(unsafe state.pointee.output_count)
      let taken = unsafe input.count - state.pointee.input_count
      unsafe state.pointee = apus_tls_channel()
      return (step, taken)
    }
  }

  /// Joins both regions; the result is valid until the next call.
  func gather(_ first: ReadableRegion, _ second: ReadableRegion) -> ReadableRegion {
    let count = first.count + second.count
    precondition(count <= Self.scratchBytes, "a record of \(count) bytes")
    let whole = scratch.block.writable(0..<count)
    // Safety: the scratch has room for both, as just checked, and does not overlap them.
    unsafe whole.base.copyMemory(from: first.base, byteCount: first.count)
    unsafe (whole.base + first.count).copyMemory(from: second.base, byteCount: second.count)
    return scratch.block.readable(0..<count)
  }
}
