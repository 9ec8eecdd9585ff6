// TLSAcceptor: one core's contexts for accepted connections, one for each certificate. It answers the
// library's callbacks during a handshake: which certificate, which ticket key.

package import ApusEngine
internal import CApusTLS

/// Created on the core that uses it, or before its thread starts.
@safe package final class TLSAcceptor: SecureAcceptor {
  private let contexts: [ContextHandle]
  private let hosts: HostTable
  private let channel: Channel
  private let ticketKeys: TicketKeys
  /// Safety: the contexts have a pointer to it. Their sessions hold this acceptor, so it outlives them.
  private let hooks: UnsafeMutablePointer<apus_tls_server>

  package init(_ configuration: TLSServerConfiguration) {
    let entries = configuration.certificates.entries
    let versions = configuration.minimumVersion...configuration.maximumVersion
    contexts = entries.map { entry in
      let context = ContextHandle(versions)
      let isUsed = context.use(entry.chain.map(\.owned), key: entry.key)
      precondition(isUsed, "\(entry.file) was checked, and is refused")
      return context
    }
    hosts = HostTable(entries.map(\.hosts))
    channel = Channel()
    ticketKeys = configuration.ticketKeys
    unsafe hooks = .allocate(capacity: 1)
    unsafe hooks.initialize(to: apus_tls_server())
    // Safety: a hook is called within a call for a session, which holds this acceptor.
    unsafe hooks.pointee.owner = Unmanaged.passUnretained(self).toOpaque()
    unsafe hooks.pointee.choose = { owner, name in unsafe TLSAcceptor.at(owner).context(for: name) }
    unsafe hooks.pointee.ticket_key = { owner, key, isNew in
      unsafe TLSAcceptor.at(owner).ticketKeys.find(key!, isNew: isNew != 0)
    }
    unsafe hooks.pointee.refused = { session, store in unsafe TLSSession.at(session).refuse(store) }
    let protocols = configuration.protocols.wireBytes
    precondition(protocols.count <= 64, "\(protocols.count) bytes of protocols")
    unsafe withUnsafeMutableBytes(of: &hooks.pointee.protocols) { unsafe $0.copyBytes(from: protocols) }
    unsafe hooks.pointee.protocol_bytes = UInt32(protocols.count)
    for context in contexts { unsafe apus_tls_serve(context.pointer, hooks, TicketKeys.lifetimeSeconds) }
    switch configuration.clientAuthentication {
    case .off: break
    case .asked(let store): ask(store, isRequired: false)
    case .required(let store): ask(store, isRequired: true)
    }
  }

  deinit { unsafe hooks.deallocate() }

  package func makeSession() -> any SecureSession {
    // Safety: the session holds acceptor and channel.
    unsafe TLSSession(accepting: contexts[0].makeSession(), channel, by: self)
  }

  private func ask(_ store: TrustStore, isRequired: Bool) {
    for context in contexts {
      // Safety: the library takes references of its own, and copies the bytes.
      unsafe apus_tls_use_store(context.pointer, store.store.pointer)
      unsafe apus_tls_ask_client(
        context.pointer, hooks, isRequired ? 1 : 0, store.identity, UInt32(store.identity.count))
      for authority in store.named {
        unsafe apus_tls_name_client_authority(context.pointer, authority.owned.pointer)
      }
    }
  }

  private func context(for name: UnsafePointer<CChar>?) -> OpaquePointer? {
    // Safety: a NUL-terminated string that the library owns.
    guard let name = unsafe name, let number = hosts.find(unsafe String(cString: name)) else { return nil }
    return unsafe contexts[number].pointer
  }

  private static func at(_ owner: UnsafeMutableRawPointer?) -> TLSAcceptor {
    // Safety: `init` stored this pointer.
    unsafe Unmanaged<TLSAcceptor>.fromOpaque(owner!).takeUnretainedValue()
  }
}
