// CoreMemory: what a core's thread keeps from one answer for the next: bytes for one answer, and some for
// notes. A thread that is no core's keeps nothing, so nothing is lost with it.

internal import CApusLinux

/// Bytes for one answer at a time. An answer that is written lives until it is copied behind its head, so one
/// object is enough: malloc took its slow path for each, and for each block. It moves from hand to hand, as
/// to count it costs as much.
@safe package enum SpareBytes {
  /// Bytes of each.
  package static let room = 4096

  /// Where the calling thread keeps its own; nil until it does.
  private static var kept: UnsafeMutablePointer<SharedBytes?>? {
    // Safety: what `keep` put there.
    unsafe apus_thread_spare()?.assumingMemoryBound(to: SharedBytes?.self)
  }

  /// Room for at least so many bytes, which the caller alone holds.
  package static func acquire(_ room: Int) -> SharedBytes {
    guard room <= Self.room, unsafe CoreLocal.pointer != nil else { return SharedBytes(room: room) }
    return unsafe kept?.pointee.take() ?? SharedBytes(room: Self.room)
  }

  /// Keeps bytes of this size that nobody else holds, if the thread is a core's.
  package static func keep(_ bytes: consuming SharedBytes) {
    guard bytes.room == Self.room, unsafe CoreLocal.pointer != nil else { return }
    let kept = unsafe kept ?? makePlace()
    unsafe kept.pointee = consume bytes
    if unsafe !isKnownUniquelyReferenced(&kept.pointee) { unsafe kept.pointee = nil }
  }

  @inline(never)
  private static func makePlace() -> UnsafeMutablePointer<SharedBytes?> {
    let place = UnsafeMutablePointer<SharedBytes?>.allocate(capacity: 1)
    unsafe place.initialize(to: nil)
    unsafe apus_set_thread_spare(place)
    return unsafe place
  }

  fileprivate static func leaveThread() {
    guard let kept = unsafe kept else { return }
    apus_set_thread_spare(nil)
    unsafe kept.deinitialize(count: 1)
    unsafe kept.deallocate()
  }
}

/// Notes of the JSON writer's: see `NameTable`.
@safe package enum CoreMemory {
  /// The calling thread's bytes, zeroed at first; nil on a thread that is no core's. One
  /// caller, and so one `count`.
  /// Safety: only its own thread has them, until `leaveThread` frees them.
  @unsafe package static func bytes(_ count: Int) -> UnsafeMutableRawPointer? {
    if let kept = unsafe apus_thread_notes() { return unsafe kept }
    guard unsafe CoreLocal.pointer != nil else { return nil }
    let fresh = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 16)
    unsafe fresh.initializeMemory(as: UInt8.self, repeating: 0, count: count)
    unsafe apus_set_thread_notes(fresh)
    return unsafe fresh
  }

  /// The thread ceases to be a core's: what it kept is freed.
  package static func leaveThread() {
    SpareBytes.leaveThread()
    if let kept = unsafe apus_thread_notes() {
      apus_set_thread_notes(nil)
      unsafe kept.deallocate()
    }
  }
}
