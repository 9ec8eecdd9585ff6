// Several requests of one `apus fetch`, and the table of them.

import Apus
import ApusRing
import ArgumentParser

extension FetchRun {
  func several() async throws {
    let total = requests.count * times
    try await client.onCore {
      await withTaskGroup { group in
        for _ in 0..<min(parallel, total) {
          group.addTask {
            while true {
              let number = log.takeNumber()
              guard number < total, !Task.isCancelled else { return }
              if number >= parallel, pause > .zero { try? await Task.sleep(for: pause) }
              await ask(number)
            }
          }
        }
      }
    }
    await client.closeIdleConnections()
    try output.write(FetchTable(log.rows, log.ended, requests.map(\.url)).text.utf8.span)
    try output.finish()
    let failed = log.rows.count { $0.error != nil }
    if failed > 0 { throw FetchFailure(.runtime, "\(failed) of \(total) requests failed") }
    let bad = log.rows.count { $0.status >= 400 }
    if options.fail, bad > 0 {
      throw FetchFailure(.runtime, "\(bad) of \(total) responses had a status of 400 or above")
    }
  }

  private func ask(_ number: Int) async {
    let request = requests[number % requests.count]
    let start = ContinuousClock.now
    var row = FetchLog.Row(number: number, url: number % requests.count)
    do {
      (row.status, row.bytes, row.connection, row.error) = try await client.perform(request) { head, body in
        var bytes: UInt64 = 0
        while let chunk = try await body.read() { bytes += UInt64(chunk.count) }
        let refusal = head.statusCode < 400 ? refusal(head)?.sentence : nil
        return (head.statusCode, bytes, head.connection, refusal)
      }
    } catch {
      // Told to end: this is no failure of the request's.
      if Task.isCancelled { return }
      row.error = "\(error)"
    }
    row.time = .now - start
    log.add(row)
  }
}
