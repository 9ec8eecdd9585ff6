// BenchRun: from checked arguments to a measurement and its reports. Whether the server can be measured at
// all is asked with one request before.

import Apus
import ApusEngine
import ApusRing
import ApusWire
import ArgumentParser

struct BenchRun {
  private let command: BenchCommand
  private let isInteractive = StandardStream.error.isTerminal

  init(_ command: BenchCommand) { self.command = command }

  func run() throws(ExitCode) {
    let targets = try BenchTargets(command)
    guard command.connections / command.threads >= targets.origins.count else {
      throw fail(
        .usage,
        "each of \(command.threads) threads needs a connection to each of \(targets.origins.count) servers: more --connections"
      )
    }
    _ = ResourceLimits.settleOpenFiles()
    let security = try command.tls.security(for: command.request.urls)
    var origins: [SocketAddress] = []
    for origin in targets.origins.indices {
      let request = targets.requests.first { $0.origin == origin }!
      let probe = BenchProbe(
        request, name: targets.names[origin], timeout: command.timeout.duration, security: security,
        serverName: targets.serverNames[origin])
      origins.append(try probe.choose(targets.origins[origin]))
    }
    let plan = plan(targets, to: origins, security)
    let interruption = Interruption()
    defer { interruption.endIfTold() }
    if let bound = command.findKnee {
      let search = try KneeSearch(bound, plan, command.threads, interruption) { say($0) }
      return try report(search.best, knee: search)
    }
    try report(measure(plan, interruption), knee: nil)
  }

  private func plan(
    _ targets: BenchTargets, to origins: [SocketAddress], _ security: ClientSecurity
  ) -> LoadPlan {
    let pace: Pace =
      switch (command.rate, command.arrivals) {
      case (nil, _): .closed
      case (let rate?, .even): .even(rate)
      case (let rate?, .poisson): .poisson(rate)
      }
    var plan = LoadPlan(
      origins: origins, requests: targets.requests, connections: command.connections,
      pipeline: command.pipeline, pace: pace, duration: command.duration.nanoseconds)
    plan.ramp = command.ramp.nanoseconds
    plan.warmup = command.warmup.nanoseconds
    plan.timeout = command.timeout.nanoseconds
    plan.security = security
    plan.serverNames = targets.serverNames
    plan.closesConnections = command.newConnections
    plan.resumesSessions = !command.noResumption
    return plan
  }

  private func measure(_ plan: LoadPlan, _ interruption: Interruption) throws(ExitCode) -> BenchMeasurement {
    guard isInteractive else {
      return try BenchMeasurement(plan, threads: command.threads, interruption: interruption)
    }
    var line = LiveLine()
    let measurement = try BenchMeasurement(plan, threads: command.threads, interruption: interruption) {
      line.update($0)
    }
    line.clear()
    return measurement
  }

  private func say(_ line: String) {
    if isInteractive || command.json == nil { StandardStream.error.write(line) }
  }

  private func report(_ measurement: BenchMeasurement, knee: KneeSearch?) throws(ExitCode) {
    if command.json != "-" { try show(BenchReport(measurement, knee).text) }
    if let path = command.json {
      let text = BenchJSON(measurement, knee).text
      if path == "-" { try show(text) } else { try write(text, to: path) }
    }
    if let path = command.hgrm { try write(BenchReport.percentiles(measurement), to: path) }
    if let path = command.plot {
      try write(BenchPlot(measurement, title: command.request.urls[0]).svg, to: path)
    }
    if measurement.tally.requests == 0 {
      let reason = measurement.tally.firstFailure.map { ": the first error was \($0.error.name)" } ?? ""
      let time = measurement.afterwards.requests > 0 ? " before the end" : ""
      throw fail(.runtime, "no request had a response\(time)\(reason)")
    }
  }

  private func write(_ text: String, to path: String) throws(ExitCode) {
    do throws(FileError) {
      try WholeFile.write(text, to: path)
    } catch {
      throw fail(.configuration, "\(path) cannot be written: \(error)")
    }
  }
}

extension DurationArgument {
  var nanoseconds: UInt64 {
    let (seconds, attoseconds) = duration.components
    return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
  }
}
