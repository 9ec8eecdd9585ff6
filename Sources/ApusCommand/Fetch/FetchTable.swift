// FetchTable: which connection served which request, and why each connection was
// closed, as a person reads it.

import Apus

struct FetchTable {
  let text: String

  /// Beyond, requests in the middle are left out.
  private static let rowLimit = 40

  init(_ rows: [FetchLog.Row], _ ended: [FetchLog.Ended], _ urls: [String]) {
    var table = [["request", "status", "content", "time", "connection", "use", "age", "idle before"]]
    let shown = rows.count <= Self.rowLimit ? rows : Array(rows.prefix(Self.rowLimit - 5) + rows.suffix(5))
    for (place, row) in shown.enumerated() {
      if rows.count > Self.rowLimit, place == Self.rowLimit - 5 {
        table.append(["... \(rows.count - Self.rowLimit) more", "", "", "", "", "", "", ""])
      }
      table.append(Self.cells(row, urls))
    }
    var lines = Self.aligned(table)
    let failed = rows.filter { $0.error != nil }
    lines += failed.prefix(5).map { "request \($0.number + 1) failed: \($0.error ?? "")" }
    lines.append("")
    lines += Self.aligned(
      [["connection", "requests", "lived", "closed because"]]
        + ended.prefix(Self.rowLimit).map {
          ["\($0.connection)", "\($0.uses)", HumanText.duration($0.age), Self.sentence($0.ending)]
        })
    let answered = rows.filter { $0.error == nil }
    let reused = answered.count { $0.connection?.isReused == true }
    lines.append(
      "\(HumanText.count(UInt64(answered.count))) responses over \(HumanText.count(UInt64(ended.count))) connections: "
        + "\(HumanText.share(UInt64(reused), of: UInt64(max(1, answered.count)))) of them came on a used one")
    text = lines.joined(separator: "\n") + "\n"
  }

  private static func cells(_ row: FetchLog.Row, _ urls: [String]) -> [String] {
    let name = urls.count > 1 ? "\(row.number + 1) \(urls[row.url])" : "\(row.number + 1)"
    guard let connection = row.connection else {
      return [name, "failed", "", HumanText.duration(row.time), "", "", "", ""]
    }
    return [
      name, "\(row.status)", HumanText.bytes(row.bytes), HumanText.duration(row.time), "\(connection.number)",
      "\(connection.uses)", HumanText.duration(connection.age),
      connection.isReused ? HumanText.duration(connection.idle) : "new",
    ]
  }

  private static func aligned(_ rows: [[String]]) -> [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        line += cell + String(repeating: " ", count: widths[column] - cell.count + 2)
      }
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
  }

  static func sentence(_ ending: ConnectionEnding) -> String {
    switch ending {
    case .idle: "it was idle for long enough"
    case .serverClosed: "the server closed it"
    case .reset: "it was reset"
    case .strayBytes: "the server sent bytes that belong to no request"
    case .notKept: "the client or the server had announced that it would close"
    case .retired: "it was not needed any more"
    case .tlsFailed: "TLS with the server failed"
    case .unread: "the rest of a response was too long to read and drop"
    case .requestFailed: "its request failed"
    case .givenUp: "its request was cancelled"
    case .lostRace: "another address answered first"
    case .shutDown: "the client ended"
    }
  }
}
