// TicketKeys: the keys that encrypt a server's session tickets (RFC 5077, RFC 8446 section 4.6.1). All cores
// share them: otherwise a client that reconnects to another core could not resume.

internal import ApusRing
internal import CApusTLS

/// The keys of the present period and of the two periods before. They exist in this process only.
public final class TicketKeys: Sendable {
  /// One key encrypts new tickets for this long.
  static let periodSeconds: Int64 = 12 * 3600
  /// The number of periods in which a key is accepted.
  private static let periods: Int64 = 3
  /// A ticket is valid for this long, and its key is kept at least as long.
  static let lifetimeSeconds = (periods - 1) * periodSeconds

  /// Newest first.
  private let keys: Lock<[Key]>

  /// Keys of a server that starts at `unixSeconds`.
  public init(at unixSeconds: Int64) {
    Library.start()
    keys = Lock([Key(at: unixSeconds)])
  }

  /// Makes a new key if the newest one's period has passed, and removes keys that are too old. Any core may
  /// call it, at any interval; frequent calls do no harm.
  public func rotate(at unixSeconds: Int64) {
    keys.withLock { keys in
      guard unixSeconds - keys[0].start >= Self.periodSeconds else { return }
      keys.removeAll { unixSeconds - $0.start >= Self.periods * Self.periodSeconds }
      keys.insert(Key(at: unixSeconds), at: 0)
    }
  }

  /// Fills in the newest key, or the one that `wanted` names. Returns 0 if there is none, 1 for the newest, 2
  /// for an older one.
  func find(_ wanted: UnsafeMutablePointer<apus_tls_ticket_key>, isNew: Bool) -> Int32 {
    if isNew { rotate(at: UnixTime.seconds()) }
    return keys.withLock { keys in
      // Safety: the caller's own key, which it lends for this call.
      let index = isNew ? 0 : keys.firstIndex { unsafe $0.hasName(of: wanted) }
      guard let index else { return 0 }
      unsafe keys[index].copy(to: wanted)
      return index == 0 ? 1 : 2
    }
  }
}

extension TicketKeys {
  /// One key. Its memory is wiped when it is freed.
  @safe private final class Key: @unchecked Sendable {
    // Safety of the unchecked conformance: only `init` writes it.
    private let secret: UnsafeMutablePointer<apus_tls_ticket_key>
    /// Seconds since 1970.
    let start: Int64

    init(at unixSeconds: Int64) {
      start = unixSeconds
      // Safety: freed in `deinit`; a structure of bytes, all of which are filled.
      unsafe secret = .allocate(capacity: 1)
      let isRandom = unsafe RAND_bytes(secret, Int32(MemoryLayout<apus_tls_ticket_key>.size))
      precondition(isRandom == 1, "no random numbers")
    }

    deinit {
      unsafe OPENSSL_cleanse(secret, MemoryLayout<apus_tls_ticket_key>.size)
      unsafe secret.deallocate()
    }

    func hasName(of other: UnsafePointer<apus_tls_ticket_key>) -> Bool {
      // Safety: the name is the first field of both.
      unsafe CRYPTO_memcmp(secret, other, MemoryLayout.size(ofValue: other.pointee.name)) == 0
    }

    func copy(to other: UnsafeMutablePointer<apus_tls_ticket_key>) { unsafe other.pointee = secret.pointee }
  }
}
