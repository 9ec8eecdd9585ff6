// ListenerRole: what a connection's requests inherit from the listener that it came by.

/// Which handlers answer there, and whether the connection is encrypted.
package struct ListenerRole: Equatable, Sendable, BitwiseCopyable {
  /// The number of the site: requests of different numbers may have different answers on one path.
  package var site: UInt16
  /// Encrypted by TLS: the scheme of its requests is https (RFC 9110 section 4.2.2).
  package var isSecured: Bool

  package init(site: UInt16 = 0, isSecured: Bool = false) {
    self.site = site
    self.isSecured = isSecured
  }
}

extension Handler {
  /// Hands each request to the handler of its listener's site.
  ///
  /// - Parameter sites: By number; at least one.
  package init(sites: [Handler]) {
    precondition(!sites.isEmpty, "there is no site")
    self.init(
      plan: { request in sites[Int(request.role.site)].plan(request) },
      respond: { request in sites[Int(request.role.site)].respond(request) },
      settle: { request, response in sites[Int(request.role.site)].settle(request, &response) })
    wantsAddresses = sites.contains { $0.wantsAddresses }
    wantsSecureFacts = sites.contains { $0.wantsSecureFacts }
  }
}
