import ApusTestSupport
import Foundation

/// What a run of a command came to.
struct FetchOutcome {
  let code: Int32
  let output: String
  /// Standard error.
  let said: String
}

/// `apus fetch` as a shell starts it.
func fetch(_ arguments: String...) throws -> FetchOutcome {
  let process = try Subprocess.apus(["fetch"] + arguments)
  let (code, output) = process.end()
  return FetchOutcome(code: code, output: output, said: process.said)
}

/// A line of a shell, in which `apus fetch` is that of the built one.
func shell(_ line: String) throws -> FetchOutcome {
  let apus = try Subprocess.product("apus")
  let script = line.replacing("apus fetch", with: "'\(apus)' fetch")
  let process = try Subprocess(["sh", "-c", script], isOutputApart: true)
  let (code, output) = process.end()
  return FetchOutcome(code: code, output: output, said: process.said)
}

/// Runs `body` with the URL of a server that answers its one request with these bytes.
func withAnswer(_ answer: [UInt8], _ body: (String) throws -> Void) throws {
  let socket = LoopbackSocket.listening()
  let peer = Thread { socket.answerOnce(answer) }
  peer.start()
  try body("http://127.0.0.1:\(socket.port)/")
}
