/// What a parameter may be.
package enum TunnelType: String, Sendable {
    case string = "String"
    case uuid = "Uuid"
    case uint = "UInt"
    case bool = "Bool"
    case object = "Object"

    /// As refusals name it.
    var word: String {
        switch self {
        case .string: "string"
        case .uuid: "uuid"
        case .uint: "int"
        case .bool: "bool"
        case .object: "object"
        }
    }
}

/// A method of the tunnel protocols.
package struct TunnelMethod: Sendable, Equatable {
    package struct Parameter: Sendable, Equatable {
        package let name: String
        /// What it may be.
        package let type: TunnelType
        /// Whether it may be left out.
        package let isOptional: Bool

        init(_ name: String, _ type: TunnelType, isOptional: Bool = false) {
            self.name = name
            self.type = type
            self.isOptional = isOptional
        }
    }

    /// `Namespace.Method`.
    package let name: String
    /// Its parameters in alphabetical order.
    package let parameters: [Parameter]
    /// One member of an answer.
    struct Member: Sendable, Equatable {
        let name: String
        /// As the introspection writes it.
        let type: String
    }

    /// What the answer holds.
    let returns: [Member]
    /// For the introspection.
    let description: String

    /// The part before the dot.
    package var namespace: Substring { name.prefix { $0 != "." } }

    private init(
        _ name: String, _ parameters: [Parameter], returns: KeyValuePairs<String, String>, _ description: String
    ) {
        self.name = name
        self.parameters = parameters
        self.returns = returns.map { Member(name: $0.key, type: $0.value) }
        self.description = description
    }

    /// Who the server is.
    package static let hello = TunnelMethod(
        "RemoteProxy.Hello", [],
        returns: ["apiVersion": "String", "name": "String", "server": "String", "version": "String"],
        "Tells which server this is and which version of the API it speaks.")
    /// What the server can do.
    package static let introspect = TunnelMethod(
        "RemoteProxy.Introspect", [],
        returns: ["methods": "Object", "notifications": "Object", "types": "Object"],
        "Lists methods, notifications and types.")
    /// A client of a rendezvous shows its token.
    package static let authenticate = TunnelMethod(
        "Authentication.Authenticate",
        [
            Parameter("name", .string), Parameter("nonce", .string, isOptional: true), Parameter("token", .string),
            Parameter("uuid", .string),
        ], returns: ["authenticationError": "$ref:AuthenticationError"],
        "Shows a token. Clients with the same token and nonce are joined.")
    /// A server begins to wait for clients.
    package static let registerServer = TunnelMethod(
        "TunnelProxy.RegisterServer", [Parameter("serverName", .string), Parameter("serverUuid", .uuid)],
        returns: registrationReturns, "Registers a server whose certificate says who it is.")
    /// The same for a server without certificate.
    package static let registerServerWithToken = TunnelMethod(
        "TunnelProxy.RegisterServerWithToken",
        [Parameter("serverName", .string), Parameter("serverUuid", .uuid), Parameter("token", .string)],
        returns: registrationReturns, "Registers a server that shows a token.")
    /// A client wants to be joined with a server.
    package static let registerClient = TunnelMethod(
        "TunnelProxy.RegisterClient",
        [Parameter("clientName", .string), Parameter("clientUuid", .uuid), Parameter("serverUuid", .uuid)],
        returns: ["tunnelProxyError": "$ref:TunnelProxyError"], "Joins a client with a server.")
    /// The same for a client without certificate.
    package static let registerClientWithToken = TunnelMethod(
        "TunnelProxy.RegisterClientWithToken",
        [
            Parameter("clientName", .string), Parameter("clientUuid", .uuid), Parameter("serverUuid", .uuid),
            Parameter("token", .string),
        ], returns: ["tunnelProxyError": "$ref:TunnelProxyError"],
        "Joins a client that shows a token with a server.")
    /// A server sends one of its clients away.
    package static let disconnectClient = TunnelMethod(
        "TunnelProxy.DisconnectClient", [Parameter("socketAddress", .uint)],
        returns: ["tunnelProxyError": "$ref:TunnelProxyError"], "Ends the connection of a client of this server.")
    /// Keeps a server's connection alive.
    package static let ping = TunnelMethod(
        "TunnelProxy.Ping", [Parameter("timestamp", .uint)], returns: ["timestamp": "UInt"],
        "Answers with the same value.")

    private static let registrationReturns: KeyValuePairs<String, String> = [
        "slipEnabled": "Bool", "tunnelProxyError": "$ref:TunnelProxyError",
    ]

    /// Methods of rendezvous listeners (part A).
    package static let rendezvous: [TunnelMethod] = [authenticate, hello, introspect]
    /// Methods of proxy listeners (part B).
    package static let proxy: [TunnelMethod] = [
        hello, introspect, disconnectClient, ping, registerClient, registerClientWithToken, registerServer,
        registerServerWithToken,
    ]
}

/// Outcome of an authentication.
package enum TunnelAuthenticationError: String, Sendable, CaseIterable {
    case noError = "AuthenticationErrorNoError"
    case unknown = "AuthenticationErrorUnknown"
    case timeout = "AuthenticationErrorTimeout"
    case aborted = "AuthenticationErrorAborted"
    case authenticationFailed = "AuthenticationErrorAuthenticationFailed"
    case proxyError = "AuthenticationErrorProxyError"
}

/// Outcome of a call of the tunnel proxy.
package enum TunnelProxyError: String, Sendable, CaseIterable {
    case noError = "TunnelProxyErrorNoError"
    case invalidUuid = "TunnelProxyErrorInvalidUuid"
    case internalServerError = "TunnelProxyErrorInternalServerError"
    case serverNotFound = "TunnelProxyErrorServerNotFound"
    case forbiddenCall = "TunnelProxyErrorForbiddenCall"
    case alreadyRegistered = "TunnelProxyErrorAlreadyRegistered"
    case notRegistered = "TunnelProxyErrorNotRegistered"
    case unknownSocketAddress = "TunnelProxyErrorUnknownSocketAddress"
    /// Ours: neither certificate nor token allow it.
    case authenticationFailed = "TunnelProxyErrorAuthenticationFailed"
}
