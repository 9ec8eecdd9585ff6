// The verbs of a session: handshake, receive, send, close.

internal import ApusEngine
internal import ApusRing
internal import CApusTLS

extension TLSSession {
  /// Records without content that a peer may send, in addition to one for each MiB of content: tickets and
  /// key updates are few, and each costs a derivation.
  private static let bareRecordLimit = 32
  /// Bytes that a handshake may take: a message is held until it is whole, and the library allows a
  /// certificate chain of 100 KiB.
  private static let handshakeByteLimit = 192 << 10
  /// Plaintext of a record, unless the peer wants smaller ones.
  static let recordPlaintextBytes = 16_384
  /// What TLS adds to a record, at most: 5 bytes of head, 8 of nonce (1.2), 1 of type (1.3), 16 of tag.
  private static let recordOverheadBytes = 64
  /// Room for messages that the library sends on its own before the requested ones: key updates.
  private static let spareBytes = 512
  /// Less plaintext is not worth a record of its own, unless it is all that is left.
  private static let smallestRecordBytes = 1024

  func handshake(_ ciphertext: Span<UInt8>, into output: inout CipherOutput) -> SecureStep {
    precondition(isHandshaking, "the handshake is done")
    guard failure == nil else { return SecureStep(.failed) }
    if role == .server, handshakeBytes == 0, !ciphertext.isEmpty,
      let failure = Self.failure(ofFirst: ciphertext[0])
    {
      return SecureStep(end(failure))
    }
    // Safety: the session's own, on its one thread.
    let (step, taken) = unsafe channel.call(ciphertext, &output) { unsafe apus_tls_handshake(ssl, $0) }
    handshakeBytes += taken
    if unsafe SSL_is_init_finished(ssl) == 1, step.state == APUS_TLS_READY {
      isHandshaking = false
      recordLimit = agreedRecordLimit
      return SecureStep(.ready, taken: taken)
    }
    if handshakeBytes > Self.handshakeByteLimit {
      let state = end(SecureFailure(.flood, "the handshake has more than \(Self.handshakeByteLimit) bytes"))
      return SecureStep(state, taken: taken)
    }
    let state = step.state == APUS_TLS_READY ? .goesOn : state(after: step)
    return SecureStep(state, taken: taken)
  }

  /// What the peer wants a record to have at most (RFC 6066 section 4): the library would make several
  /// records of a longer one.
  private var agreedRecordLimit: Int {
    // Safety: the session's own, on its one thread.
    let code = unsafe SSL_get_session(ssl).map { unsafe SSL_SESSION_get_max_fragment_length($0) } ?? 0
    return (1...4).contains(code) ? 256 << Int(code) : Self.recordPlaintextBytes
  }

  func receive(
    _ ciphertext: Span<UInt8>, into plaintext: WritableRegion, answering output: inout CipherOutput
  ) -> SecureStep {
    precondition(!isHandshaking, "received before the end of the handshake")
    guard failure == nil else { return SecureStep(.failed) }
    guard !sawCloseNotify else { return SecureStep(.ended) }
    let allowed = max(0, Self.bareRecordLimit + plaintextBytes >> 20 - bareRecords)
    // Safety: the session's own, on its one thread; the region is the caller's for this call.
    let (step, taken) = unsafe channel.call(ciphertext, &output) {
      unsafe apus_tls_read(
        ssl, $0, plaintext.base.assumingMemoryBound(to: UInt8.self), plaintext.count, UInt32(allowed))
    }
    plaintextBytes += step.made
    bareRecords += Int(step.bare_records)
    return SecureStep(state(after: step), taken: taken, plaintext: step.made)
  }

  func send(
    _ first: ReadableRegion, _ second: ReadableRegion?, into output: inout CipherOutput
  ) -> SecureStep {
    precondition(!isHandshaking && !hasClosed, "sent before the handshake or after close_notify")
    guard failure == nil else { return SecureStep(.failed) }
    let total = first.count + (second?.count ?? 0)
    var sent = 0
    while sent < total {
      let room = output.room - Self.recordOverheadBytes - Self.spareBytes
      let count = min(total - sent, recordLimit, room)
      guard count == total - sent || count >= min(Self.smallestRecordBytes, recordLimit) else { break }
      let state = write(record(from: sent, count, first, second), into: &output)
      guard state == .ready else { return SecureStep(state, plaintext: sent) }
      sent += count
    }
    plaintextBytes += sent
    return SecureStep(sent == total ? .ready : .wantsRoom, plaintext: sent)
  }

  func close(into output: inout CipherOutput) {
    guard !isHandshaking, !hasClosed, failure == nil else { return }
    hasClosed = true
    // Safety: the session's own, on its one thread.
    _ = unsafe channel.call(Span(), &output) {
      _ in
      unsafe apus_tls_close(ssl)
      return apus_tls_step()
    }
  }

  func peerEnded() {
    guard isHandshaking, failure == nil else { return }
    failure = SecureFailure(.peerLeft, "the connection ended during the handshake")
  }

  /// `count` bytes of both regions from `start` on, as one contiguous region.
  private func record(
    from start: Int, _ count: Int, _ first: ReadableRegion, _ second: ReadableRegion?
  ) -> ReadableRegion {
    guard let second, start + count > first.count else { return first.part(from: start, count: count) }
    guard start < first.count else { return second.part(from: start - first.count, count: count) }
    let head = first.part(from: start, count: first.count - start)
    return channel.gather(head, second.part(from: 0, count: count - head.count))
  }

  private func write(_ record: ReadableRegion, into output: inout CipherOutput) -> SecureStep.State {
    // Safety: the session's own, on its one thread; the region is the caller's for this call.
    let (step, _) = unsafe channel.call(Span(), &output) {
      unsafe apus_tls_write(ssl, $0, record.base.assumingMemoryBound(to: UInt8.self), record.count)
    }
    precondition(
      step.made == 0 || step.made == record.count, "a record of \(step.made) of \(record.count) bytes")
    return state(after: step)
  }

  private func state(after step: apus_tls_step) -> SecureStep.State {
    switch step.state {
    case APUS_TLS_READY: return .ready
    case APUS_TLS_STARVED: return .wantsCiphertext
    case APUS_TLS_FULL: return .wantsRoom
    case APUS_TLS_ENDED:
      sawCloseNotify = true
      return .ended
    case APUS_TLS_FLOODED:
      return end(
        SecureFailure(.flood, "the peer sends records without content (new keys, warnings) again and again"))
    default:
      return end(
        refusal ?? Failures(role: role, isHandshaking: isHandshaking).failure(of: apus_tls_take_reason()))
    }
  }

  /// Whether a first byte can begin TLS: a handshake record begins with 22 (RFC 8446 section 5.1).
  private static func failure(ofFirst byte: UInt8) -> SecureFailure? {
    switch byte {
    case 0x16: nil
    case 0x41...0x5A: SecureFailure(.plaintextHTTP, "a request in plain text came to a port for TLS")
    default: SecureFailure(.notTLS, "what came is no TLS")
    }
  }
}
