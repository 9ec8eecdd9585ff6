// PeerNames: where getsockopt(SO_PEERNAME) leaves the peers' addresses, a cell per slot, made at first need
// only (access log, limits by address): a server that needs none pays nothing.

internal import CApusLinux
internal import Glibc

@safe struct PeerNames {
  /// `struct sockaddr_in6` is 28 bytes.
  static let bytesEach = 32
  private static let slotsPerChunk = 1024
  /// Safety: chunks are never moved or freed before `free`, as the kernel writes to them.
  private var chunks = unsafe [UnsafeMutableRawPointer]()

  mutating func storage(for slot: Slot) -> UnsafeMutableRawPointer {
    let chunk = Int(slot) / Self.slotsPerChunk
    while unsafe chunks.count <= chunk {
      let bytes = Self.slotsPerChunk * Self.bytesEach
      let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 8)
      unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
      unsafe chunks.append(memory)
    }
    return unsafe chunks[chunk] + Int(slot) % Self.slotsPerChunk * Self.bytesEach
  }

  func address(of slot: Slot) -> PeerAddress? {
    let chunk = Int(slot) / Self.slotsPerChunk
    guard unsafe chunk < chunks.count else { return nil }
    // Safety: the cell holds bytesEach bytes, large enough for either structure.
    let cell = unsafe chunks[chunk] + Int(slot) % Self.slotsPerChunk * Self.bytesEach
    switch Int32(unsafe cell.load(as: sa_family_t.self)) {
    case AF_INET:
      return PeerAddress(
        family: .v4, octets: (UInt64(unsafe cell.load(fromByteOffset: 4, as: UInt32.self)), 0),
        port: unsafe UInt16(bigEndian: cell.load(fromByteOffset: 2, as: UInt16.self)))
    case AF_INET6:
      return PeerAddress(
        family: .v6,
        octets: (
          unsafe cell.load(fromByteOffset: 8, as: UInt64.self),
          unsafe cell.load(fromByteOffset: 16, as: UInt64.self)
        ),
        port: unsafe UInt16(bigEndian: cell.load(fromByteOffset: 2, as: UInt16.self)))
    default: return nil
    }
  }

  func free() {
    for index in unsafe chunks.indices { unsafe chunks[index].deallocate() }
  }
}
