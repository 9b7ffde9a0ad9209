internal import ServiceLifecycle

/// Does something again and again until the hub shuts down; the pause ends at once then.
package struct Repetition {
    private let pause: Duration

    package init(every pause: Duration) {
        self.pause = pause
    }

    package func run(_ work: @escaping @Sendable () async -> Void) async {
        // The only error is the cancellation that ends a pause, which is how this is meant to end.
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try await Task.sleep(for: pause)
                await work()
            }
        }
    }
}
