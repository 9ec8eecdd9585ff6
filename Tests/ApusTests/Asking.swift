// Asking a router in memory: the core's table of connections driven as the reactor
// drives it, without a kernel.

import Apus
import ApusEngine
import ApusRing
import ApusTesting
import ApusWire
import Testing

/// A core that answers on one connection at a time, and whose time passes when it is told to.
struct Bench: ~Copyable {
  private var table: ConnectionTable
  private var clock: UInt64 = 1_000_000_000

  init(_ router: Router) throws {
    table = ConnectionTable(
      slots: 1, handler: try router.makeHandler(collectBytes: 1 << 20),
      exchanges: Core().exchanges, now: Instant(nanoseconds: 1_000_000_000))
    table.didAccept(0)
  }

  mutating func pass(_ duration: Duration) { clock += duration.inNanoseconds }

  /// All answers to what `input` asks.
  mutating func answers(_ input: String, methods: [String] = []) -> [Answer] {
    table.beginTurn(now: Instant(nanoseconds: clock), unixSeconds: 1_700_000_000)
    var splitter = ResponseSplitter(methods: methods)
    table.didReceive(Array(input.utf8).span, 0)
    while let slot = table.nextDirty() {
      actions: while true {
        switch table.nextAction(slot) {
        case .none: break actions
        case .send(let region):
          splitter.append(region.copy(0..<region.count)[...], at: Instant(nanoseconds: 0))
          table.didSend(Int32(region.count), slot)
        case .sendBoth(let head, let body):
          splitter.append(
            (head.copy(0..<head.count) + body.copy(0..<body.count))[...], at: Instant(nanoseconds: 0))
          table.didSend(Int32(head.count + body.count), slot)
        default: break
        }
      }
    }
    #expect(splitter.malformed == nil)
    #expect(splitter.trailingCount == 0)
    return splitter.answers
  }

  mutating func statuses(_ input: String) -> [Int] { answers(input).map(\.status) }
}

/// All answers to what `input` asks, on one connection of a fresh core.
func answers(_ router: Router, _ input: String, methods: [String] = []) throws -> [Answer] {
  var bench = try Bench(router)
  return bench.answers(input, methods: methods)
}

/// The answer to a GET.
func ask(_ router: Router, _ target: String, fields: String = "") throws -> Answer {
  try ask(router, "GET", target, fields: fields)
}

/// The one answer to one request.
func ask(
  _ router: Router, _ method: String, _ target: String, fields: String = "", body: String = ""
) throws -> Answer {
  let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
  let input = "\(method) \(target) HTTP/1.1\r\nHost: test\r\n\(fields)\(length)\r\n\(body)"
  let all = try answers(router, input, methods: [method])
  try #require(all.count == 1)
  return all[0]
}
