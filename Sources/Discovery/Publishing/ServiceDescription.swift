/// One DNS-SD service of this host, as it is to be announced.
package struct ServiceDescription: Sendable, Equatable {
    /// Instance name, at most 63 bytes of UTF-8; on a collision the publisher takes the next one (`idprov #2`).
    package var name: String
    /// Service type, such as `_idprov._tcp`.
    package var type: String
    /// TCP port of the service on this host.
    package var port: UInt16
    /// TXT strings (`key=value`) in the order of the record, each at most 255 bytes.
    package var txt: [String]

    /// - Parameter txt: TXT strings (`key=value`) in the order of the record.
    package init(name: String, type: String, port: UInt16, txt: [String] = []) {
        self.name = name
        self.type = type
        self.port = port
        self.txt = txt
    }
}
