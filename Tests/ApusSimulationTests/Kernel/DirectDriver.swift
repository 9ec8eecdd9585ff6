// DirectDriver: drives a simulated ring by hand, for tests of the simulation itself.

import Apus
import ApusEngine
import ApusRing
import ApusTesting

/// A ring, its kernel, and memory to send from and receive into.
struct DirectDriver: ~Copyable {
  let kernel: SimulatedKernel
  var ring: SimulatedRing
  private let memory = Memory()

  /// Blocks that live as long as the driver.
  private final class Memory {
    var pool = BlockPool()
    var blocks: [Block] = []
    deinit { for block in blocks { pool.release(block) } }
  }

  init(_ configuration: SimulatedKernel.Configuration = .init()) {
    kernel = SimulatedKernel(configuration)
    ring = SimulatedRing(kernel)
  }

  /// One wait, then everything that came.
  mutating func turn(until deadline: Instant? = nil) -> [Completion] {
    ring.submitAndWait(until: deadline)
    var batch: [Completion] = []
    while let completion = ring.reap() { batch.append(completion) }
    return batch
  }

  /// What happens within this much virtual time.
  mutating func all(within nanoseconds: UInt64) -> [Completion] {
    let deadline = Instant(nanoseconds: ring.now().nanoseconds + nanoseconds)
    var batch: [Completion] = []
    while ring.now() < deadline { batch += turn(until: deadline) }
    return batch
  }

  /// The bytes of a completed receive; the buffer is given back.
  mutating func take(_ completion: Completion) -> [UInt8] {
    guard let buffer = completion.buffer else { return [] }
    let bytes = [UInt8](copying: ring.bytes(of: buffer, count: Int(completion.result)))
    ring.recycle(buffer)
    return bytes
  }

  /// A block that holds `bytes`.
  mutating func block(_ bytes: [UInt8]) -> Block {
    let block = memory.pool.acquire(bytes.count)
    memory.blocks.append(block)
    var count = 0
    block.append(after: &count) { output in
      for byte in bytes { output.append(byte) }
    }
    return block
  }

  mutating func region(_ bytes: [UInt8]) -> ReadableRegion { block(bytes).readable(0..<bytes.count) }

  static let accept = Token(.accept)
  static func receive(_ slot: Slot, _ generation: UInt32 = 0) -> Token {
    Token(.receive, slot: slot, generation: generation)
  }
  static func send(_ slot: Slot) -> Token { Token(.send, slot: slot) }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

extension Completion {
  func isFor(_ token: Token) -> Bool { self.token == token }
}
