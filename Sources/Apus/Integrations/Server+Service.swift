// A server as a service of swift-service-lifecycle, whose group then owns the signals. With the package trait
// `ServiceLifecycle`.

#if ServiceLifecycle
  public import ServiceLifecycle

  extension Server: Service {
    /// Serves until the group shuts down gracefully, then drains; a cancelled task ends at once, resetting
    /// what is open. `whenListening` is called once all cores accept.
    /// - Throws: `ServerError` if the server cannot start.
    public func run() async throws {
      let running = try start()
      whenListening?(running)
      await withTaskCancellationHandler {
        await withGracefulShutdownHandler {
          _ = await running.ended()
        } onGracefulShutdown: {
          running.drain()
        }
      } onCancel: {
        running.stop()
      }
    }
  }
#endif
