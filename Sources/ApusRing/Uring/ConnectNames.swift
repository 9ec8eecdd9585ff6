// ConnectNames: where addresses lie from the moment in which a connect is enqueued until it is submitted,
// when the kernel copies them; one cell per submission entry. Made with the first connect: a server that
// opens none pays nothing.

internal import Glibc

@safe struct ConnectNames {
  private static let bytesEach = MemoryLayout<sockaddr_storage>.size
  private let count: Int
  /// Safety: allocated in init, freed by `free`; each cell is rewritten only after its entry was submitted.
  private let cells: UnsafeMutableRawPointer

  init(count: Int) {
    self.count = count
    unsafe cells = .allocate(byteCount: count * Self.bytesEach, alignment: 8)
  }

  /// Safety: the cell's next use is behind the submission of its entry.
  func place(_ address: SocketAddress, at index: Int) -> UnsafeRawPointer {
    precondition(index >= 0 && index < count && address.bytes.count <= Self.bytesEach)
    let cell = unsafe cells + index * Self.bytesEach
    let bytes = address.bytes
    // Safety: both hold as many bytes, and do not overlap.
    unsafe bytes.withUnsafeBytes { source in
      unsafe cell.copyMemory(from: source.baseAddress!, byteCount: source.count)
    }
    return UnsafeRawPointer(cell)
  }

  func free() { unsafe cells.deallocate() }
}
