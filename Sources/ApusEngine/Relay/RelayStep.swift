// RelayStep: what a relay's step is about, and whom it asks. It travels through the relay's functions as one.

/// One look at one relay.
struct RelayStep {
  let index: Index<Relay>
  /// The relay's exchange with the client that asked, and where its answer goes.
  let exchange: Exchange
  let seat: ExchangeSeat
  /// Through which the server is asked.
  let core: CoreClient
}
