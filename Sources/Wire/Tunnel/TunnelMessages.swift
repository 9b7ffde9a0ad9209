package import Encoding

/// What a tunnel server says: every function makes one document with its line end.
package enum TunnelMessages {
    /// Fixed name of the software that clients expect.
    package static let server = "nymea-remoteproxy"

    /// A call that worked.
    package static func success(_ id: Int64, _ params: JSONValue) -> [UInt8] {
        line(TunnelJSON.object(["id": .number("\(id)"), "params": params, "status": .string("success")]))
    }

    /// A call that was refused by the JSON layer.
    package static func failure(_ refusal: TunnelRefusal) -> [UInt8] {
        line(
            TunnelJSON.object([
                "error": .string(refusal.error), "id": .number("\(refusal.id)"), "status": .string("error"),
            ]))
    }

    package static func notification(_ id: Int64, _ name: String, _ params: JSONValue) -> [UInt8] {
        line(TunnelJSON.object(["id": .number("\(id)"), "notification": .string(name), "params": params]))
    }

    /// Answer to `RemoteProxy.Hello`.
    package static func hello(_ id: Int64, apiVersion: String, name: String, version: String) -> [UInt8] {
        success(
            id,
            TunnelJSON.object([
                "apiVersion": .string(apiVersion), "name": .string(name), "server": .string(server),
                "version": .string(version),
            ]))
    }

    /// Answer to `Authentication.Authenticate`. A refusal also has the text that the public description names.
    package static func authentication(_ id: Int64, _ outcome: TunnelAuthenticationError) -> [UInt8] {
        let params = TunnelJSON.object(["authenticationError": .string(outcome.rawValue)])
        guard outcome == .authenticationFailed else { return success(id, params) }
        return line(
            TunnelJSON.object([
                "error": .string("Invalid token. You are not allowed to use this server."), "id": .number("\(id)"),
                "params": params, "status": .string("success"),
            ]))
    }

    /// Tells a client who its partner is.
    package static func tunnelEstablished(_ id: Int64, name: String, uuid: String) -> [UInt8] {
        notification(
            id, "RemoteProxy.TunnelEstablished", TunnelJSON.object(["name": .string(name), "uuid": .string(uuid)]))
    }

    /// Answer to a call of the tunnel proxy.
    ///
    /// - Parameter slipEnabled: for registrations of servers.
    package static func proxy(_ id: Int64, _ outcome: TunnelProxyError, slipEnabled: Bool? = nil) -> [UInt8] {
        var members = [JSONValue.Member("tunnelProxyError", .string(outcome.rawValue))]
        if let slipEnabled { members.append(JSONValue.Member("slipEnabled", .bool(slipEnabled))) }
        return success(id, .object(members))
    }

    /// Answer to `TunnelProxy.Ping`.
    package static func ping(_ id: Int64, timestamp: JSONValue) -> [UInt8] {
        success(id, TunnelJSON.object(["timestamp": timestamp]))
    }

    /// Tells a server of a new client.
    package static func clientConnected(
        _ id: Int64, name: String, uuid: TunnelUUID, peerAddress: String, socketAddress: UInt16
    ) -> [UInt8] {
        notification(
            id, "TunnelProxy.ClientConnected",
            TunnelJSON.object([
                "clientName": .string(name), "clientPeerAddress": .string(peerAddress),
                "clientUuid": .string(uuid.braced), "socketAddress": .number("\(socketAddress)"),
            ]))
    }

    /// Tells a server that a client is gone.
    package static func clientDisconnected(_ id: Int64, socketAddress: UInt16) -> [UInt8] {
        notification(
            id, "TunnelProxy.ClientDisconnected", TunnelJSON.object(["socketAddress": .number("\(socketAddress)")]))
    }

    /// Answer to `RemoteProxy.Introspect`. Strangers may ask for it, so it is made once: only the number in front
    /// differs.
    ///
    /// - Parameter isProxy: for listeners of part B.
    package static func introspection(_ id: Int64, isProxy: Bool) -> [UInt8] {
        Array("{\"id\":\(id)".utf8) + (isProxy ? proxyIntrospection : rendezvousIntrospection)
    }

    private static let rendezvousIntrospection = introspection(behindNumber: TunnelMethod.rendezvous, isProxy: false)
    private static let proxyIntrospection = introspection(behindNumber: TunnelMethod.proxy, isProxy: true)

    /// The answer without `{"id":0`: in alphabetical order the number comes first.
    private static func introspection(behindNumber methods: [TunnelMethod], isProxy: Bool) -> [UInt8] {
        let whole = success(
            0,
            TunnelJSON.object([
                "methods": .object(methods.map { JSONValue.Member($0.name, describe($0)) }),
                "notifications": notifications(isProxy: isProxy), "types": types(isProxy: isProxy),
            ]))
        return Array(whole.dropFirst("{\"id\":0".utf8.count))
    }

    private static func describe(_ method: TunnelMethod) -> JSONValue {
        TunnelJSON.object([
            "description": .string(method.description),
            "params": .object(
                method.parameters.map { parameter in
                    JSONValue.Member(
                        (parameter.isOptional ? "o:" : "") + parameter.name, .string(parameter.type.rawValue))
                }),
            "returns": .object(method.returns.map { JSONValue.Member($0.name, .string($0.type)) }),
        ])
    }

    private static func notifications(isProxy: Bool) -> JSONValue {
        var all = [
            notification(
                "RemoteProxy.TunnelEstablished", ["name": "String", "uuid": "String"],
                "The partner is there; from now on everything is passed on.")
        ]
        if isProxy {
            all.append(
                notification(
                    "TunnelProxy.ClientConnected",
                    [
                        "clientName": "String", "clientPeerAddress": "String", "clientUuid": "String",
                        "socketAddress": "UInt",
                    ], "A client was joined with this server."))
            all.append(
                notification(
                    "TunnelProxy.ClientDisconnected", ["socketAddress": "UInt"], "A client of this server is gone."))
        }
        return .object(all)
    }

    private static func notification(
        _ name: String, _ params: KeyValuePairs<String, String>, _ description: String
    ) -> JSONValue.Member {
        JSONValue.Member(
            name,
            TunnelJSON.object([
                "description": .string(description),
                "params": .object(params.map { JSONValue.Member($0.key, .string($0.value)) }),
            ]))
    }

    private static func types(isProxy: Bool) -> JSONValue {
        var all = [
            JSONValue.Member(
                "AuthenticationError", .array(TunnelAuthenticationError.allCases.map { .string($0.rawValue) })),
            JSONValue.Member(
                "BasicType",
                .array(
                    ["Uuid", "String", "Int", "UInt", "Double", "Bool", "Variant", "Object"].map(JSONValue.string))),
        ]
        if isProxy {
            all.append(
                JSONValue.Member(
                    "TunnelProxyError", .array(TunnelProxyError.allCases.map { .string($0.rawValue) })))
        }
        return .object(all)
    }

    private static func line(_ value: JSONValue) -> [UInt8] {
        TunnelJSON.compact(value) + [UInt8(ascii: "\n")]
    }
}
