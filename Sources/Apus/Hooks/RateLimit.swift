// Rate limit: how often a client may ask. Counted on each core by itself, so nothing is shared: a client
// whose connections lie on several cores has the limit on each.

public import ApusEngine
import ApusRing
import ApusWire

extension Hook {
  /// Answers 429 with `Retry-After` to clients that ask more often than `perSecond` on average, and `burst`
  /// times at once, on one core.
  ///
  /// - Parameters:
  ///   - keys: clients that are told apart on each core at a time; beyond, those that asked
  ///     least of late are forgotten.
  ///   - key: what tells clients apart, such as an account; nil for a request that is not counted.
  /// - Cost: a hash and a look at four entries of 24 bytes; no allocation but the key's.
  public static func rateLimit(
    perSecond: Double, burst: Int, keys: Int = 16_384,
    by key: @escaping @Sendable (borrowing Request) -> String?
  ) -> Hook {
    precondition(perSecond > 0 && burst > 0 && keys > 0, "a rate limit of \(perSecond)/s, \(burst) at once")
    return Hook {
      let buckets = TokenBuckets(perSecond: perSecond, burst: Double(burst), keys: keys)
      return Parts(before: { request in
        guard let key = key(request) else { return nil }
        let wait = buckets.take(key.utf8.span, now: request.now)
        if wait > 0 { throw tooMany(wait) }
        return nil
      })
    }
  }

  /// The same for each address that connections come from, a whole /64 of IPv6 being one. Behind a
  /// proxy everybody comes from its address: tell clients apart by what it says of them. Connections at
  /// a Unix socket are not counted.
  public static func rateLimit(perSecond: Double, burst: Int, keys: Int = 16_384) -> Hook {
    precondition(perSecond > 0 && burst > 0 && keys > 0, "a rate limit of \(perSecond)/s, \(burst) at once")
    return Hook(wantsAddresses: true) {
      let buckets = TokenBuckets(perSecond: perSecond, burst: Double(burst), keys: keys)
      return Parts(before: { request in
        guard let peer = request.peer else { return nil }
        let wait = buckets.take(peer.clientKey, now: request.now)
        if wait > 0 { throw tooMany(wait) }
        return nil
      })
    }
  }

  private static func tooMany(_ seconds: Double) -> HTTPError {
    // A year is as good as never, and a number that any rate comes to.
    let whole = Int(min(seconds.rounded(.up), 365 * 86_400))
    return HTTPError(.tooManyRequests, fields: [ResponseField("Retry-After", "\(whole)")])
  }
}

/// Token buckets by key: a table of fixed size, in sets of four. A key's set is found by its hash; in a full
/// set the bucket that is fullest, which is the one that loses least, makes room.
final class TokenBuckets {
  private struct Bucket {
    var hash: UInt64 = 0
    var tokens = 0.0
    var at: UInt64 = 0
  }

  private static let setSize = 4
  private var buckets: [Bucket]
  private let mask: Int
  private let perNanosecond: Double
  private let burst: Double
  private let seed = UInt64.random(in: 0...UInt64.max)

  init(perSecond: Double, burst: Double, keys: Int) {
    var sets = 1
    while sets * Self.setSize < keys { sets *= 2 }
    buckets = Array(repeating: Bucket(), count: sets * Self.setSize)
    mask = sets - 1
    perNanosecond = perSecond / 1e9
    self.burst = burst
  }

  /// Takes a token of the key's; answers 0, or the seconds until there is one.
  func take(_ key: Span<UInt8>, now: Instant) -> Double {
    take(hash: key.hash(seed: seed), now: now)
  }

  /// The same for a key that is a number.
  func take(_ key: UInt64, now: Instant) -> Double {
    let product = (key ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return take(hash: product.high ^ product.low, now: now)
  }

  private func take(hash: UInt64, now: Instant) -> Double {
    // 0 marks a bucket that is free.
    let hash = hash | 1
    let index = find(hash, now)
    refill(index, now)
    guard buckets[index].tokens < 1 else {
      buckets[index].tokens -= 1
      return 0
    }
    return (1 - buckets[index].tokens) / perNanosecond / 1e9
  }

  private func find(_ hash: UInt64, _ now: Instant) -> Int {
    let first = Int(truncatingIfNeeded: hash >> 32) & mask * Self.setSize
    var fullest = first
    var most = -1.0
    for index in first..<first + Self.setSize {
      if buckets[index].hash == hash { return index }
      let tokens = buckets[index].hash == 0 ? .infinity : level(index, now)
      if tokens > most {
        most = tokens
        fullest = index
      }
    }
    buckets[fullest] = Bucket(hash: hash, tokens: burst, at: now.nanoseconds)
    return fullest
  }

  private func level(_ index: Int, _ now: Instant) -> Double {
    let passed = now.nanoseconds > buckets[index].at ? now.nanoseconds - buckets[index].at : 0
    return min(burst, buckets[index].tokens + Double(passed) * perNanosecond)
  }

  private func refill(_ index: Int, _ now: Instant) {
    buckets[index].tokens = level(index, now)
    buckets[index].at = now.nanoseconds
  }
}
