internal import Dispatch
package import Store
internal import Synchronization

extension Store {
    /// Looks something up and waits for it on the calling thread: for closures of tests that can't suspend.
    package func lookUpNow<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) throws -> Value {
        let found = Found<Value>()
        lookUp(body) { result in
            found.result.withLock { $0 = result }
            found.isThere.signal()
        }
        found.isThere.wait()
        guard let result = found.result.withLock({ $0 }) else { throw StoreError.writeWithoutValue }
        return try result.get()
    }
}

private final class Found<Value: Sendable>: Sendable {
    let result = Mutex<Result<Value, any Error>?>(nil)
    let isThere = DispatchSemaphore(value: 0)
}
