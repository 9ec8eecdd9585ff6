// CertificateWatch: reads a server's certificates anew when their files change, and has its ticket keys
// change in time. A thread of its own looks: reading waits for the disk, and nothing tells of a link that now
// leads elsewhere but looking.

internal import ApusEngine
internal import ApusRing

final class CertificateWatch: Sendable {
  /// How often the files are looked at: a change counts once it is two looks old, so that a certificate and
  /// its key, which are written one after the other, are read together.
  private static let interval = Duration.milliseconds(250)
  /// How often a person is told of a certificate that expires soon, in looks.
  private static let looksPerWarning = 4 * 3600 * 24

  /// What was read at first.
  let configuration: TLSServerConfiguration
  private let files: TLSServerFiles
  private let report: @Sendable (CertificateReport) -> Void
  private let keys: TicketKeys
  private let state: Condition<State>

  private struct State: Sendable {
    weak var security: ServerSecurity?
    var hasEnded = false
    /// Somebody asked for a reading, whatever the files say.
    var wantsReading = false
    /// The files as they were read last.
    var read: [FileMetadata?] = []
    /// The files as they were seen last, and for how many looks they have been other than `read`.
    var seen: [FileMetadata?] = []
    var changes = 0
    var looks = 0
  }

  init(
    _ files: TLSServerFiles, report: @escaping @Sendable (CertificateReport) -> Void
  ) throws(CertificateError) {
    self.files = files
    self.report = report
    let now = UnixTime.seconds()
    keys = TicketKeys(at: now)
    let before = Self.look(at: files.paths)
    configuration = try files.read(at: now, keys)
    var state = State()
    state.read = before
    self.state = Condition(state)
    for warning in configuration.certificates.warnings { report(.warning(warning)) }
  }

  /// Looks from now on, until `end`.
  func begin(for security: ServerSecurity) {
    state.withLock { $0.security = security }
    let thread = CoreThread(name: "apus-certs", processor: nil) { [self] in
      while lookOnce() {}
    }
    thread.detach()
  }

  /// Has the files read anew, whether they have changed or not.
  func reload() {
    state.withLock { $0.wantsReading = true }
    state.tellAll()
  }

  func end() {
    state.withLock { $0.hasEnded = true }
    state.tellAll()
  }

  /// False at the end.
  private func lookOnce() -> Bool {
    let goesOn = state.awaitOutcome(atMost: Self.interval) { state in
      state.hasEnded ? false : state.wantsReading ? true : nil
    } otherwise: { _ in
      true
    }
    guard goesOn else { return false }
    let now = UnixTime.seconds()
    let seen = Self.look(at: files.paths)
    let isDue = state.withLock { state in
      state.looks += 1
      state.changes = seen == state.read ? 0 : state.changes + 1
      // Two looks alike, or files that change all the time.
      let isDue = state.wantsReading || state.changes > 1 && (seen == state.seen || state.changes > 2)
      state.seen = seen
      state.wantsReading = false
      if isDue {
        state.read = seen
        state.changes = 0
      }
      return isDue
    }
    if isDue { readAnew(at: now) } else { warnIfDue(at: now) }
    return true
  }

  private func readAnew(at unixSeconds: Int64) {
    do throws(CertificateError) {
      let configuration = try files.read(at: unixSeconds, keys)
      guard let security = state.withLock({ $0.security }) else { return }
      security.use(configuration)
      report(.renewed(fingerprint: configuration.certificates.fingerprint))
      for warning in configuration.certificates.warnings { report(.warning(warning)) }
    } catch {
      report(.refused(error))
    }
  }

  private func warnIfDue(at unixSeconds: Int64) {
    guard state.withLock({ $0.looks.isMultiple(of: Self.looksPerWarning) }) else { return }
    do throws(CertificateError) {
      for warning in try CertificateSet(files.certificates, at: unixSeconds).warnings {
        report(.warning(warning))
      }
    } catch {
      report(.spoiled(error))
    }
  }

  private static func look(at paths: [String]) -> [FileMetadata?] {
    paths.map { try? FileMetadata(of: $0) }
  }
}
