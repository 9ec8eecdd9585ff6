// The audit: what must hold after the engine has shut down, or has gone idle.

extension SimulatedKernel {
  /// Adds a finding of whoever drives the simulation.
  package func complain(_ sentence: String) { violate(sentence) }

  package var nothingIsEnqueued: Bool { submissions.isEmpty }

  /// Nothing is left to do at this moment: no event is due, no completion waits, no submission.
  package var isSettled: Bool {
    submissions.isEmpty && reaped == completions.count && (events.nextTime ?? .max) > clock
  }

  /// The faults, in sentences. There are none after a clean shutdown: no slot, buffer or operation is left.
  package func audit() -> [String] {
    var findings = violations
    for case let socket? in sockets {
      findings.append("slot \(socket.slot) was never closed (\(socket.outstanding) operations outstanding)")
    }
    if !orphans.isEmpty { findings.append("\(orphans.count) connections outlive their close") }
    if buffers.lentCount > 0 { findings.append("\(buffers.lentCount) provided buffers were not recycled") }
    if reaped < completions.count {
      findings.append("\(completions.count - reaped) completions were not reaped")
    }
    if !submissions.isEmpty { findings.append("\(submissions.count) submissions were not issued") }
    if listeners.contains(where: { $0.accept != nil }) { findings.append("an accept is still armed") }
    let listening = listeners.count { $0.isOpen }
    if listening > 0 { findings.append("\(listening) listeners would still accept: they were never closed") }
    if !connects.isEmpty { findings.append("\(connects.count) connects are under way") }
    if !unconnected.isEmpty {
      findings.append("\(unconnected.count) sockets without a connection were not closed")
    }
    if fileOperations > 0 { findings.append("\(fileOperations) file operations are in flight") }
    return findings
  }

  /// The faults while connections may be open: violations, and buffers that the engine keeps between turns.
  package func auditWhileOpen() -> [String] {
    var findings = violations
    if buffers.lentCount > 0 {
      findings.append("\(buffers.lentCount) provided buffers are held across a wait")
    }
    return findings
  }
}
