package import Encoding

/// The document a device reads first: where to go, and which CA signs here (docs/protocols/idprov.md 3).
package struct Directory: Sendable, Equatable {
    /// Paths or URLs of the calls.
    package struct Endpoints: Sendable, Equatable {
        package var directory: String
        /// Template with `{deviceID}`.
        package var status: String
        /// Where secrets are posted.
        package var postOobSecret: String
        /// Where provisioning requests are posted.
        package var postProvisionRequest: String
        /// Further calls, by name.
        package var additional: [String: String]

        /// Makes endpoints; without arguments those of this product, as paths: deployed clients prepend the host to
        /// whatever this says.
        package init(
            directory: String = IDProv.directoryPath, status: String = IDProv.statusPath,
            postOobSecret: String = IDProv.postOobSecretPath,
            postProvisionRequest: String = IDProv.postProvisionRequestPath, additional: [String: String] = [:]
        ) {
            self.directory = directory
            self.status = status
            self.postOobSecret = postOobSecret
            self.postProvisionRequest = postProvisionRequest
            self.additional = additional
        }
    }

    /// Where the calls are.
    package var endpoints: Endpoints
    /// CA certificate as PEM text; base64 of it on the wire. Nil when the document has none.
    package var caCert: String?
    /// `1` or `1.x`.
    package var version: String
    /// Name → URL of services that accept the certificates of this CA.
    package var services: [String: String]

    package init(
        endpoints: Endpoints = Endpoints(), caCert: String?, version: String = IDProv.version,
        services: [String: String] = [:]
    ) {
        self.endpoints = endpoints
        self.caCert = caCert
        self.version = version
        self.services = services
    }

    /// Reads a document from the network. All four endpoints must be there and the major version must be 1; services
    /// may be null; further members and endpoints are kept or skipped, so that a later 1.x stays readable.
    package init(parsing body: [UInt8]) throws(MessageError) {
        let document = try JSONValue(parsing: body)
        guard document.members != nil else { throw .notAnObject }
        version = document["version"]?.string ?? ""
        guard version == "1" || version.utf8.starts(with: "1.".utf8) else { throw .unsupportedVersion }
        guard let members = document["endpoints"]?.members else { throw .missingMember("endpoints") }
        endpoints = try Endpoints(members)
        switch document["caCert"] {
        case .string(let text) where !text.isEmpty: caCert = try WrappedPEM.plainPEM(text, member: "caCert")
        case nil, .null, .string: caCert = nil
        default: throw .wrongType("caCert")
        }
        services = Self.texts(document["services"]?.members ?? [])
    }

    /// The body to send: names of services and further endpoints in alphabetical order, so equal directories are equal
    /// bytes (and have equal entity tags).
    package func encoded() -> [UInt8] {
        var writer = JSONWriter(capacity: 1024 + 2 * (caCert?.utf8.count ?? 0))
        writer.object { writer in
            writer.name("endpoints")
            writer.object { endpoints.write(to: &$0) }
            writer.name("caCert")
            if let caCert { writer.string(Base64.encode(Array(caCert.utf8))) } else { writer.null() }
            writer.member("version", version)
            writer.name("services")
            writer.object { Self.write(services, to: &$0) }
        }
        return writer.bytes
    }

    static func texts(_ members: [JSONValue.Member]) -> [String: String] {
        var texts: [String: String] = [:]
        for member in members { texts[member.name] = member.value.string }
        return texts
    }

    static func write(_ texts: [String: String], to writer: inout JSONWriter) {
        for (name, text) in texts.sorted(by: { $0.key < $1.key }) { writer.member(name, text) }
    }
}

extension Directory.Endpoints {
    init(_ members: [JSONValue.Member]) throws(MessageError) {
        var texts = Directory.texts(members)
        func take(_ name: String) throws(MessageError) -> String {
            guard let text = texts.removeValue(forKey: name), !text.isEmpty else { throw .missingMember(name) }
            return text
        }
        directory = try take("directory")
        status = try take("status")
        postOobSecret = try take("postOobSecret")
        postProvisionRequest = try take("postProvisionRequest")
        additional = texts
    }

    func write(to writer: inout JSONWriter) {
        writer.member("directory", directory)
        writer.member("status", status)
        writer.member("postOobSecret", postOobSecret)
        writer.member("postProvisionRequest", postProvisionRequest)
        Directory.write(additional, to: &writer)
    }
}
