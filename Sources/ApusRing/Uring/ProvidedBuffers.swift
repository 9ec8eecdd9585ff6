// ProvidedBuffers: the ring of buffers that the kernel picks from when a socket has bytes
// (io_uring_register_buf_ring(3)). All connections of a core share them; one is lent for as long as its
// completion is being handled, then recycled.

internal import CApusLinux
internal import Glibc

@safe struct ProvidedBuffers {
  let group: UInt16
  private let count: Int
  private let bytesEach: Int
  /// Safety: both are mapped in init and unmapped by `free`, which the owning ring calls after its own end.
  private let entries: UnsafeMutablePointer<io_uring_buf_ring>
  private let storage: UnsafeMutableRawPointer
  private let unpublished: UnsafeMutablePointer<Int32>

  init(
    ring: UnsafeMutablePointer<io_uring>, group: UInt16, count: Int, bytesEach: Int
  ) throws(RingUnavailable) {
    precondition(
      count > 0 && count <= 32768 && count & (count - 1) == 0, "\(count) provided buffers: not a power of two"
    )
    self.group = group
    self.count = count
    self.bytesEach = bytesEach
    // Safety: anonymous maps of exactly the sizes used below.
    guard let entryPages = unsafe Pages.map(count * MemoryLayout<io_uring_buf>.stride),
      let storage = unsafe Pages.map(count * bytesEach)
    else { throw RingUnavailable(step: .buffers, errno: ENOMEM) }
    unsafe entries = entryPages.assumingMemoryBound(to: io_uring_buf_ring.self)
    unsafe self.storage = storage
    unsafe unpublished = .allocate(capacity: 1)
    unsafe unpublished.initialize(to: 0)
    var registration = io_uring_buf_reg()
    unsafe registration.ring_addr = UInt64(UInt(bitPattern: entries))
    registration.ring_entries = UInt32(count)
    registration.bgid = group
    let result = unsafe io_uring_register_buf_ring(ring, &registration, 0)
    guard result == 0 else {
      free()
      throw RingUnavailable(step: .buffers, errno: -result)
    }
    for id in 0..<count { recycle(BufferID(id)) }
    publish()
  }

  // Inlined where the ring uses them: a call would hand over a copy of all six properties.
  @inline(__always)
  func recycle(_ id: BufferID) {
    precondition(Int(id) < count, "buffer \(id) of \(count)")
    // Safety: the entry's address is inside our storage; the kernel sees it only after `publish`.
    unsafe apus_buffer_add(
      entries, storage + Int(id) * bytesEach, UInt32(bytesEach), id, Int32(count - 1), unpublished.pointee)
    unsafe unpublished.pointee += 1
  }

  /// One release-store for all that was recycled since.
  func publish() {
    let fresh = unsafe unpublished.pointee
    if fresh > 0 {
      unsafe apus_buffer_publish(entries, fresh)
      unsafe unpublished.pointee = 0
    }
  }

  @_lifetime(borrow self)
  @inline(__always)
  func bytes(of id: BufferID, count: Int) -> Span<UInt8> {
    precondition(Int(id) < self.count && count <= bytesEach, "\(count) bytes in buffer \(id)")
    // Safety: inside our storage, and lent by the kernel until recycled; the view cannot outlive the ring.
    let span = unsafe Span(
      _unsafeStart: UnsafePointer((storage + Int(id) * bytesEach).assumingMemoryBound(to: UInt8.self)),
      count: count)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  func free() {
    unsafe Pages.unmap(entries, count * MemoryLayout<io_uring_buf>.stride)
    unsafe Pages.unmap(storage, count * bytesEach)
    unsafe unpublished.deallocate()
  }
}
