package import Encoding

/// A request of the tunnel protocols' JSON layer (docs/protocols/tunnel.md A3), checked against what its method takes.
package struct TunnelRequest: Sendable, Equatable {
    /// Number that its answer carries.
    package let id: Int64
    package let method: TunnelMethod
    /// Its parameters; each has a type the method allows.
    package let params: [String: JSONValue]

    /// Reads a document; checks in the order of the specification.
    ///
    /// - Parameter methods: those that the listener knows.
    package init(parsing document: [UInt8], methods: [TunnelMethod]) throws(TunnelRefusal) {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: document, limits: JSONLimits(bytes: TunnelDocuments.limit))
        } catch {
            throw .notJSON(TunnelRefusal.parserText(error, document))
        }
        guard let id = value["id"]?.integer else { throw .missingID }
        self.id = id
        let name = value["method"]?.string ?? ""
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw .init(id, .method(name)) }
        guard methods.contains(where: { $0.namespace == parts[0] }) else { throw .init(id, .namespace) }
        guard let method = methods.first(where: { $0.name == name }) else { throw .init(id, .unknownMethod) }
        self.method = method
        params = try Self.checked(value["params"], for: method, id: id)
    }

    /// A parameter as text; numbers and truth values as they are written, null as empty text.
    package func text(_ name: String) -> String {
        Self.text(params[name] ?? .null)
    }

    private static func checked(
        _ given: JSONValue?, for method: TunnelMethod, id: Int64
    ) throws(TunnelRefusal) -> [String: JSONValue] {
        var members: [JSONValue.Member] = []
        if case .object(let all) = given { members = all }
        let shown = String(decoding: TunnelJSON.indented(.object(members)), as: UTF8.self)
        let params = Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }
        for parameter in method.parameters {
            guard let value = params[parameter.name] else {
                if parameter.isOptional { continue }
                throw .init(id, .params("Missing key \(parameter.name) in \(shown)"))
            }
            switch value {
            case .object, .array: throw .init(id, .params("Param  is not a \(parameter.type.word)."))
            default: break
            }
        }
        for member in members where !method.parameters.contains(where: { $0.name == member.name }) {
            throw .init(id, .params("Forbidden key \"\(member.name)\" in \(shown)"))
        }
        return params
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .string(let text), .number(let text): text
        case .bool(let value): value ? "true" : "false"
        case .null, .object, .array: ""
        }
    }
}

/// Why a request was refused: the answer it gets, and why its connection is closed then.
package struct TunnelRefusal: Error, Sendable, Equatable {
    /// What was wrong with a request that has an ID.
    package enum Fault: Sendable, Equatable {
        case method(String)
        case namespace
        case unknownMethod
        case params(String)
        /// The method took too long.
        case timeout
    }

    /// Number of the request, -1 when it has none.
    package let id: Int64
    /// Text for the caller.
    package let error: String
    /// Why the connection is closed.
    package let closeReason: String

    private init(id: Int64, error: String, closeReason: String) {
        self.id = id
        self.error = error
        self.closeReason = closeReason
    }

    /// A request with an ID is refused.
    package init(_ id: Int64, _ fault: Fault) {
        switch fault {
        case .method(let name):
            self.init(
                id: id, error: "Error parsing method. Got: '\(name)'', Expected: 'Namespace.method'",
                closeReason: "Invalid method passed.")
        case .namespace: self.init(id: id, error: "No such namespace", closeReason: "No such namespace.")
        case .unknownMethod: self.init(id: id, error: "No such method", closeReason: "No such method.")
        case .params(let text):
            self.init(id: id, error: "Invalid params: " + text, closeReason: "Invalid params passed.")
        case .timeout: self.init(id: id, error: "Command timed out", closeReason: "API call timeouted.")
        }
    }

    /// The document has no usable ID.
    package static let missingID = TunnelRefusal(
        id: -1, error: "Error parsing command. Missing 'id'", closeReason: "The id property is missing in the request.")

    /// The document is not JSON.
    package static func notJSON(_ text: String) -> TunnelRefusal {
        TunnelRefusal(
            id: -1, error: "Failed to parse JSON data: " + text, closeReason: "Invalid JSON data received.")
    }

    /// The words the releases use for what is wrong with a document.
    static func parserText(_ error: MessageError, _ document: [UInt8]) -> String {
        switch error {
        case .tooDeep: return "too deeply nested document"
        case .tooLarge, .tooManyValues: return "too large document"
        case .notJSON(let offset):
            let before = document[..<min(offset, document.count)].last { !" \t\r\n".utf8.contains($0) }
            let expectsValue = before.map { ":[".utf8.contains($0) } ?? true
            return expectsValue ? "illegal value" : "unterminated object"
        default: return "illegal value"
        }
    }
}
