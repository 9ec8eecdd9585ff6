// KernelRing: the production side of `RingDriver`, one io_uring(7) instance. Created on the thread that will
// use it (IORING_SETUP_SINGLE_ISSUER), and used by no other. It knows sockets and buffers, never HTTP. That
// it is a `RingDriver` stands in the engine, for the sake of whoever calls it there.
// The enqueues stand in KernelRing+Enqueue, the turn's system call and reaping in KernelRing+Turn,
// the end in KernelRing+End.

internal import CApusLinux
internal import Glibc

/// One ring with its provided buffers.
@safe package struct KernelRing: ~Copyable {
  /// The sizes of a ring.
  package struct Configuration: Sendable {
    /// Submission entries; a fuller queue submits early.
    package var submissionEntries: UInt32 = 1024
    /// Completion entries. Multishot operations complete many times per submission, so this is larger by far.
    package var completionEntries: UInt32 = 8192
    /// Provided buffers, a power of two.
    package var receiveBufferCount: Int = 512
    /// Bytes in each provided buffer.
    package var receiveBufferBytes: Int = 4096
    /// Descriptors in the ring's own file table; 0 leaves accepted sockets ordinary descriptors.
    package var directDescriptors: UInt32 = 0
    /// One accept completes for every connection; without, it is armed anew for each.
    package var acceptsMultishot = !KernelVersion.running.hasBrokenMultishotAccept
    /// Descriptors beyond these, for connections that the core itself opens; 0 where it opens none, and where
    /// descriptors are ordinary ones.
    package var ownDescriptors: UInt32 = 0
    /// Sockets of the ring's table that may have an ordinary descriptor besides, at one time, to send a file
    /// from the page cache; the files of others are copied.
    package var fileSockets = 1024
    package init() {}
  }

  /// Safety: allocated in init, freed in deinit, used by the creating thread only; no
  /// pointer into it escapes.
  let ring: UnsafeMutablePointer<io_uring>
  let buffers: ProvidedBuffers
  let vectors: SendVectors
  /// One for each address; -1 once it is closed.
  var listeners: [Int32]
  let wakeUp: WakeUp
  /// Storage that the wake-up's eventfd read and other tiny kernel writes land in.
  let scratch: UnsafeMutableRawPointer
  var names: PeerNames?
  /// Addresses on their way to the kernel; made with the first connect.
  var connectNames: ConnectNames?
  /// The first slot of the core's own connections.
  let firstOwnSlot: UInt32
  /// Bytes of a peer's address, by listener: SO_PEERNAME refuses to answer into more room than it fills.
  let nameBytes: [UInt32]
  /// Entry flag for operations on connections: direct descriptors or ordinary ones.
  let descriptorFlags: UInt8
  let enterFlags: UInt32
  /// Bytes after which a multishot receive ends by itself and is armed anew.
  let receiveTotal: UInt32 = KernelVersion.running.canBoundMultishotReceive ? 64 << 10 : 0
  let acceptsMultishot: Bool
  /// Sockets that a file is being sent on, by slot.
  var fileSendings: [Slot: FileSending] = [:]
  let fileSocketLimit: Int
  /// The last result of `now`: the time of the present turn.
  var clock = Instant(nanoseconds: 0)

  /// Accepted sockets are entries of the ring's file table.
  package var usesDirectDescriptors: Bool { descriptorFlags != 0 }

  /// Sets a ring up on the calling thread. Errors name what is missing and what to do.
  /// Takes the listeners over: they are closed with the ring at the latest.
  /// Cost: about 1 ms and the memory of the provided buffers.
  package init(
    _ configuration: Configuration, listeners: [Int32], wakeUp: WakeUp
  ) throws(RingUnavailable) {
    // Safety: io_uring_queue_init_params fills what it is given; both live until deinit.
    let ring = UnsafeMutablePointer<io_uring>.allocate(capacity: 1)
    unsafe ring.initialize(to: io_uring())
    let features: UInt32
    do throws(RingUnavailable) {
      features = unsafe try Self.setUp(ring, configuration)
    } catch {
      unsafe ring.deallocate()
      throw error
    }
    let buffers: ProvidedBuffers
    do throws(RingUnavailable) {
      unsafe try Self.registerFiles(ring, configuration)
      buffers = unsafe try ProvidedBuffers(
        ring: ring, group: 0, count: configuration.receiveBufferCount,
        bytesEach: configuration.receiveBufferBytes)
    } catch {
      unsafe io_uring_queue_exit(ring)
      unsafe ring.deallocate()
      throw error
    }
    unsafe self.ring = ring
    self.buffers = buffers
    vectors = SendVectors(count: unsafe Int(ring.pointee.sq.ring_entries))
    self.listeners = listeners
    self.wakeUp = wakeUp
    unsafe scratch = .allocate(byteCount: 64, alignment: 8)
    nameBytes = listeners.map { ResolvedAddress.nameBytes(of: $0) }
    acceptsMultishot = configuration.acceptsMultishot
    fileSocketLimit = configuration.fileSockets
    firstOwnSlot = configuration.directDescriptors
    let isDirect = configuration.directDescriptors + configuration.ownDescriptors > 0
    descriptorFlags = isDirect ? UInt8(APUS_SQE_FIXED_FILE) : 0
    var enterFlags = APUS_ENTER_GETEVENTS | APUS_ENTER_EXT_ARG
    if unsafe io_uring_register_ring_fd(ring) == 1 { enterFlags |= APUS_ENTER_REGISTERED_RING }
    if features & APUS_FEAT_NO_IOWAIT != 0 { enterFlags |= APUS_ENTER_NO_IOWAIT }
    self.enterFlags = enterFlags
  }

  deinit {
    cancelAll()
    closeFileSockets()
    for listener in listeners where listener >= 0 { _ = close(listener) }
    unsafe io_uring_queue_exit(ring)
    unsafe ring.deallocate()
    unsafe scratch.deallocate()
    buffers.free()
    vectors.free()
    names?.free()
    connectNames?.free()
  }

  /// One table: what accept may allocate first, the core's own slots above.
  private static func registerFiles(
    _ ring: UnsafeMutablePointer<io_uring>, _ configuration: Configuration
  ) throws(RingUnavailable) {
    let count = configuration.directDescriptors + configuration.ownDescriptors
    guard count > 0 else { return }
    var result = unsafe io_uring_register_files_sparse(ring, count)
    if result == 0, configuration.ownDescriptors > 0 {
      result = unsafe io_uring_register_file_alloc_range(ring, 0, configuration.directDescriptors)
    }
    guard result == 0 else { throw RingUnavailable(step: .fileTable, errno: -result) }
  }

  /// io_uring_setup(2) with the flags that all else relies on, smaller by halves
  /// while locked memory is short.
  private static func setUp(
    _ ring: UnsafeMutablePointer<io_uring>, _ configuration: Configuration
  ) throws(RingUnavailable) -> UInt32 {
    var submissions = configuration.submissionEntries
    var completions = configuration.completionEntries
    while true {
      var parameters = io_uring_params()
      parameters.flags = APUS_SETUP_FLAGS
      parameters.cq_entries = completions
      // Safety: both pointers are valid for the call.
      let result = unsafe io_uring_queue_init_params(submissions, ring, &parameters)
      if result == 0 {
        guard parameters.features & APUS_NEEDED_FEATURES == APUS_NEEDED_FEATURES else {
          unsafe io_uring_queue_exit(ring)
          throw RingUnavailable(step: .setup, errno: EINVAL)
        }
        // A filter may let a ring be made and deny its use.
        let entered = unsafe apus_enter(ring, 0, 0, APUS_ENTER_GETEVENTS, nil)
        guard entered >= 0 else {
          unsafe io_uring_queue_exit(ring)
          throw RingUnavailable(step: .setup, errno: -entered)
        }
        unsafe apus_identify_entries(ring)
        return parameters.features
      }
      // The ring's memory counts against RLIMIT_MEMLOCK of the user.
      guard result == -ENOMEM, completions > 512 else { throw RingUnavailable(step: .setup, errno: -result) }
      completions /= 2
      submissions = max(64, submissions / 2)
    }
  }
}
