/// Why administration refuses something that no room below it refuses by itself.
package enum AdministrationError: Error, Equatable, Sendable {
    /// A value that was given is not acceptable; says which and what is.
    case invalid(String)
    /// The hub has no tunnel listeners.
    case tunnelsOff
    /// The device keeps no connection to the tunnel proxy.
    case deviceNotConnected(String)
}
