// TLSConnector: one core's context for connections that it opens, and the tickets from their servers.

package import ApusEngine
internal import CApusTLS

/// Created on the core that uses it, or before its thread starts.
@safe package final class TLSConnector: SecureConnector, TicketKeeper {
  private let context: ContextHandle
  private let channel: Channel
  private let verifies: Bool
  private var resumptions = ResumptionStore()
  /// Safety: the context has a pointer to it. Its sessions hold this connector, so it outlives them.
  private let hooks: UnsafeMutablePointer<apus_tls_client>

  package init(_ configuration: TLSClientConfiguration) {
    context = ContextHandle(configuration.minimumVersion...configuration.maximumVersion)
    channel = Channel()
    unsafe hooks = .allocate(capacity: 1)
    unsafe hooks.initialize(to: apus_tls_client())
    if let entry = configuration.certificate?.entries.first {
      let isUsed = context.use(entry.chain.map(\.owned), key: entry.key)
      precondition(isUsed, "\(entry.file) was checked, and is refused")
    }
    switch configuration.verification {
    case .off: verifies = false
    case .authorities(let trust):
      verifies = true
      unsafe apus_tls_use_store(context.pointer, trust.store.pointer)
    }
    // Safety: a hook is called within a call for a session, which holds this connector.
    unsafe hooks.pointee.refused = { session, store in unsafe TLSSession.at(session).refuse(store) }
    unsafe hooks.pointee.remember = { session, ticket in unsafe TLSSession.at(session).remember(ticket!) }
    unsafe apus_tls_ask(context.pointer, hooks, verifies ? 1 : 0)
  }

  deinit { unsafe hooks.deallocate() }

  package func makeSession(as identity: SecureIdentity) -> any SecureSession {
    // Safety: the session holds connector and channel, and the library takes a reference to the ticket.
    let ssl = unsafe context.makeSession()
    let session = unsafe TLSSession(
      connecting: ssl, channel, by: self, resumptionKey: identity.resumptionKey)
    var name = identity.name
    if name.hasSuffix(".") { name.removeLast() }
    let protocols = identity.protocols.wireBytes
    guard !name.isEmpty, !name.utf8.contains(0), unsafe apus_tls_expect(ssl, name, verifies ? 1 : 0) == 1,
      unsafe apus_tls_offer(ssl, protocols, UInt32(protocols.count)) == 1
    else {
      session.refuseName(name)
      return session
    }
    if let key = identity.resumptionKey, let ticket = resumptions.take(key) {
      unsafe SSL_set_session(ssl, ticket.pointer)
    }
    return session
  }

  /// Keeps a ticket for the next connection with this key.
  func keep(_ ticket: Owned, isReusable: Bool, for key: String) {
    resumptions.keep(ResumptionStore.Ticket(session: ticket, isReusable: isReusable), for: key)
  }
}
