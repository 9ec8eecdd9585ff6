// SimulatedBuffers: the provided buffers of a simulated ring. It knows which are lent, and poisons what is
// given back, so that a view that outlives its buffer reads rubbish and is found out.

import ApusRing

/// A fixed number of buffers of one size.
@safe final class SimulatedBuffers {
  private enum State: Equatable { case free, lent, recycled }

  static let poison: UInt8 = 0xDD

  let count: Int
  let bytesEach: Int
  /// Safety: allocated in init, freed in deinit; every byte is initialised.
  private let storage: UnsafeMutablePointer<UInt8>
  private var states: [State]
  private var free: [BufferID]
  private var recycled: [BufferID] = []

  init(count: Int, bytesEach: Int) {
    precondition(count > 0 && count <= 32_768 && bytesEach > 0, "\(count) buffers of \(bytesEach) bytes")
    self.count = count
    self.bytesEach = bytesEach
    unsafe storage = .allocate(capacity: count * bytesEach)
    unsafe storage.initialize(repeating: Self.poison, count: count * bytesEach)
    states = Array(repeating: .free, count: count)
    free = (0..<count).reversed().map { BufferID($0) }
  }

  deinit { unsafe storage.deallocate() }

  var freeCount: Int { free.count }
  /// Buffers that the engine holds.
  var lentCount: Int { states.count { $0 == .lent } }

  /// Fills a free buffer with at most `bytesEach` bytes and lends it.
  func lend(_ bytes: ArraySlice<UInt8>) -> BufferID {
    guard let id = free.popLast() else { preconditionFailure("no buffer is free") }
    precondition(bytes.count <= bytesEach, "\(bytes.count) bytes for a buffer of \(bytesEach)")
    states[Int(id)] = .lent
    // Safety: `bytes.count <= bytesEach`, inside the buffer's part of the storage.
    unsafe bytes.withUnsafeBufferPointer {
      guard let source = $0.baseAddress else { return }
      unsafe (storage + Int(id) * bytesEach).update(from: source, count: $0.count)
    }
    return id
  }

  /// Takes a buffer back; false if it was not lent. It is free for the kernel after `publish`.
  func recycle(_ id: BufferID) -> Bool {
    guard Int(id) < count, states[Int(id)] == .lent else { return false }
    states[Int(id)] = .recycled
    recycled.append(id)
    // Safety: the buffer's own part of the storage.
    unsafe (storage + Int(id) * bytesEach).update(repeating: Self.poison, count: bytesEach)
    return true
  }

  func publish() {
    for id in recycled {
      states[Int(id)] = .free
      free.append(id)
    }
    recycled.removeAll(keepingCapacity: true)
  }

  @_lifetime(borrow self)
  func bytes(of id: BufferID, count: Int) -> Span<UInt8> {
    precondition(
      Int(id) < self.count && states[Int(id)] == .lent, "buffer \(id) is read while it is not lent")
    precondition(count <= bytesEach, "\(count) bytes of a buffer of \(bytesEach)")
    // Safety: inside the storage, which lives as long as `self`.
    let span = unsafe Span(_unsafeStart: UnsafePointer(storage + Int(id) * bytesEach), count: count)
    return unsafe _overrideLifetime(span, borrowing: self)
  }
}

extension ReadableRegion {
  /// Copies a part of the region, as the kernel does when it takes bytes of a send.
  package func copy(_ range: Range<Int>) -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of a region of \(count)")
    guard !range.isEmpty else { return [] }
    // Safety: inside the region, whose owner keeps it until the send has completed.
    return unsafe Array(UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
  }
}

extension WritableRegion {
  /// Writes to the region's start, as the kernel does when a receive completes.
  func fill(_ bytes: ArraySlice<UInt8>) {
    precondition(bytes.count <= count, "\(bytes.count) bytes into a region of \(count)")
    // Safety: inside the region, whose owner keeps it until the receive has completed.
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      unsafe base.copyMemory(from: start, byteCount: source.count)
    }
  }
}
