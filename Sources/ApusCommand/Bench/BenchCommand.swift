// `apus bench`: load on an HTTP server, and the truth about its latency.

import Apus
import ApusEngine
package import ArgumentParser

package struct BenchCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Load an HTTP/1.1 server and measure it.",
    usage: "apus bench <url> ... [<options>]",
    discussion: """
      Without --rate, each connection sends its next request as soon as it has the \
      last response. This finds the highest rate, but while a server is slow fewer \
      requests are sent, and the latencies leave out those that were not. With --rate, \
      each request has a moment at which it is due, spread evenly over all \
      connections, and its latency counts from that moment.

      The figures are those of the measured time. A request that was due in that time \
      and was answered later counts in the latencies only. The report says so if the \
      rate was not reached.

      Each response is parsed completely; one that is not HTTP counts as an error. A \
      server may close an idle connection, so a request whose kept connection ends \
      without a byte of the response is no error: it is sent again, and counted.

      Ctrl-C (or SIGTERM, SIGHUP) ends the measurement: the report has what was \
      measured until then, and the process ends with the signal (exit code 130). A \
      second signal ends the process at once.

      EXAMPLES
        apus bench http://127.0.0.1:8080/ -c 64 -d 10s
        apus bench http://127.0.0.1:8080/ --rate 2000 --hgrm latency.hgrm
        apus bench http://127.0.0.1:8080/ --find-knee 'p99<5ms'
        apus bench http://127.0.0.1:8080/a http://127.0.0.1:8080/b --weights 3,1
      """)

  @OptionGroup package var request: RequestOptions

  @Option(
    name: .customShort("m"),
    help: ArgumentHelp(
      "The requests' method, like -X, under the name that ab and hey give it.", valueName: "method"),
    transform: MethodArgument.parse)
  package var sameMethod: String?

  @Option(
    name: .shortAndLong, "Connections, of all threads together.", valueName: "n",
    parse: { try CountArgument.parse($0, 1...60_000) })
  package var connections = 64

  @Option(
    name: .shortAndLong, "Threads, each with a ring of its own.", valueName: "n",
    parse: { try CountArgument.parse($0, 1...1024) })
  package var threads = 1

  @Option(
    "Requests that a connection may send before their responses come.", valueName: "n",
    parse: { try CountArgument.parse($0, 1...1024) })
  package var pipeline = 1

  @Option(
    name: .shortAndLong, "How long to measure.", valueName: "time", parse: DurationArgument.parse)
  package var duration = DurationArgument(.seconds(10))

  @Option("How long to load before measuring.", valueName: "time", parse: DurationArgument.parse)
  package var warmup = DurationArgument(.zero)

  @Option(
    "How long it takes to open all connections, or to reach the rate; before the warm-up.", valueName: "time",
    parse: DurationArgument.parse)
  package var ramp = DurationArgument(.zero)

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Requests a second, of all threads together. (default: as many as are answered)", valueName: "n"),
    transform: RateArgument.parse)
  package var rate: Double?

  @Option(help: ArgumentHelp("How requests come with --rate.", valueName: "way"))
  package var arrivals = ArrivalArgument.even

  @Flag(help: "Open a new connection for each request.")
  package var newConnections = false

  @Flag(help: "Have each connection begin a TLS session of its own, rather than resume an earlier one.")
  package var noResumption = false

  @OptionGroup(title: "TLS") package var tls: ClientTLSOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The requests' body, or @ and a file with it; the method is POST then.", valueName: "body"))
  package var body: String?

  @Option(
    help: ArgumentHelp("How often each url is asked for, relative to the others: 3,1.", valueName: "n,n"),
    transform: WeightArgument.parse)
  package var weights: [Double]?

  @Option(
    "The longest time in which a response may make no progress.", valueName: "time",
    parse: DurationArgument.parse)
  package var timeout = DurationArgument(.nanoseconds(Int64(LoadPlan.standardTimeout)))

  @Option(
    help: ArgumentHelp("Search the highest rate at which this holds, such as p99<5ms.", valueName: "bound"),
    transform: KneeBound.parse)
  package var findKnee: KneeBound?

  @Option(
    help: ArgumentHelp(
      "Write the latencies' percentiles to this file, as HdrHistogram does.", valueName: "file"),
    completion: .file())
  package var hgrm: String?

  @Option(
    help: ArgumentHelp("Write the results as JSON to this file; - is standard output.", valueName: "file"),
    completion: .file())
  package var json: String?

  @Option(
    help: ArgumentHelp("Draw latencies and rate into this SVG file.", valueName: "file"), completion: .file())
  package var plot: String?

  package init() {}

  package func validate() throws {
    guard threads <= connections else {
      throw ValidationError(
        "each thread needs a connection: at most \(connections) threads, or more --connections")
    }
    if request.fields.contains(where: { $0.name.lowercased() == "expect" }) {
      throw ValidationError("bench sends bodies without asking for leave: leave Expect out")
    }
    if let weights, weights.count != request.urls.count {
      throw ValidationError(
        "--weights has \(weights.count) numbers for \(request.urls.count) urls; give one for each")
    }
    if arrivals == .poisson, rate == nil { throw ValidationError("--arrivals poisson needs a --rate") }
    if findKnee != nil, rate != nil {
      throw ValidationError("--find-knee looks for the rate itself: leave --rate out")
    }
    guard duration.duration >= .milliseconds(100) else {
      throw ValidationError("--duration must be at least 100ms")
    }
    guard timeout.duration >= .milliseconds(10) else {
      throw ValidationError("--timeout must be at least 10ms")
    }
  }

  package var method: String? { request.method ?? sameMethod }

  package func run() throws { try BenchRun(self).run() }
}
