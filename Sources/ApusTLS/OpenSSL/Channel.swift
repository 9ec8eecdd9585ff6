// Channel: the one BIO of a context, pointed at the memory of the connection in hand for one call. Each call
// is bounded by the bytes that came and by the room that there is.

internal import ApusEngine
internal import ApusRing
internal import CApusTLS

@safe final class Channel {
  private let state: UnsafeMutablePointer<apus_tls_channel>
  private let bio: OpaquePointer
  /// Where an answer's head and the start of its body come together, to share a record.
  private let scratch = OwnedBlock(Channel.scratchBytes)
  /// A record's plaintext (RFC 8446 section 5.1).
  private static let scratchBytes = 16_384

  init() {
    Library.start()
    // Safety: both are freed with the channel, which outlives the sessions that are attached: they hold it.
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

  /// Lends both for one call. Returns what became of it, and the bytes of ciphertext that were taken.
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

  /// Both, one behind the other, until the next call.
  func gather(_ first: ReadableRegion, _ second: ReadableRegion) -> ReadableRegion {
    let count = first.count + second.count
    precondition(count <= Self.scratchBytes, "a record of \(count) bytes")
    let whole = scratch.block.writable(0..<count)
    // Safety: the scratch has room for both, as was just checked, and is nobody else's memory.
    unsafe whole.base.copyMemory(from: first.base, byteCount: first.count)
    unsafe (whole.base + first.count).copyMemory(from: second.base, byteCount: second.count)
    return scratch.block.readable(0..<count)
  }
}
