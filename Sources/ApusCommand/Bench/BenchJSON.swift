// BenchJSON: a measurement as one object.

import ApusEngine
import Histogram

struct BenchJSON {
  let text: String

  init(_ measurement: BenchMeasurement, _ knee: KneeSearch?) {
    let tally = measurement.tally
    func micros(_ percentile: Double) -> String {
      guard measurement.latency.totalCount > 0 else { return "null" }
      return BenchReport.decimal(Double(measurement.percentile(percentile)) / 1000, 3)
    }
    let errors = LoadError.allCases.map { "\"\($0.name)\": \(tally[$0])" }.joined(separator: ", ")
    let statuses = (1...5).map { "\"\($0)xx\": \(tally.statuses[$0])" }.joined(separator: ", ")
    var members = [
      "\"requests\": \(tally.requests)",
      "\"seconds\": \(BenchReport.decimal(measurement.seconds, 3))",
      "\"rate\": \(BenchReport.decimal(measurement.rate, 1))",
      "\"errors\": {\(errors)}",
      "\"asked_rate\": \(measurement.askedRate.map { BenchReport.decimal($0, 2) } ?? "null")",
      "\"beyond_reach\": \(measurement.isBeyondReach)",
      "\"late\": \(measurement.afterwards.requests)",
      "\"late_errors\": \(measurement.afterwards.errorCount - measurement.afterwards[.status])",
      "\"never_made\": \(measurement.afterwards.unasked)",
      "\"statuses\": {\(statuses)}",
      "\"connections_opened\": \(tally.connectionsOpened)",
      "\"reused\": \(tally.reuses)",
      "\"asked_again\": \(tally.askedAgain)",
      "\"bytes_received\": \(tally.bytesReceived)",
      "\"bytes_sent\": \(tally.bytesSent)",
      "\"content_bytes\": \(tally.contentBytes)",
      "\"latency_us\": {\"p50\": \(micros(50)), \"p90\": \(micros(90)), \"p99\": \(micros(99)), "
        + "\"p999\": \(micros(99.9)), \"max\": \(micros(100))}",
    ]
    if let knee {
      let rate = knee.rate.map { BenchReport.decimal($0, 1) } ?? "null"
      members.append("\"knee\": {\"bound\": \"\(knee.bound.text)\", \"rate\": \(rate)}")
    }
    text = "{" + members.joined(separator: ", ") + "}\n"
  }
}
