internal import Encoding
internal import PKI
internal import Wire

/// Whose shared secret a link key names (docs/protocols/device-link.md 3.1).
package enum LinkKeyOwner: Sendable, Equatable {
    /// Every device of a product has it: a new name that comes with it becomes a device.
    case product(String)
    /// One device, by its ID.
    case device(String)
}

/// A key with which devices open their links; its secret stays in the store.
package struct LinkKey: Sendable, Equatable {
    /// What devices name it by: `nhp_…` of a product, `nhd_…` of a device. It is sent in the clear inside of TLS and
    /// shown to operators; what proves is the secret.
    package let key: String
    package let owner: LinkKeyOwner
    /// What it is for, in the operator's words; may be empty.
    package let name: String
    /// Whether devices that come with it for the first time wait for the operator.
    package let requiresApproval: Bool
    /// Unix seconds.
    package let createdAt: Int64
    /// Who made it, as the audit trail names them.
    package let createdBy: String
    /// When it was revoked, Unix seconds; `nil` while it is valid.
    package var revokedAt: Int64?
    /// When a device last came in with it, Unix seconds, written at most every ``LinkKeys/noteSeconds``.
    package var lastUsedAt: Int64?

    /// What the audit trail shows of it: enough to find it in the list.
    package var shown: String { Self.shown(key) }

    static func shown(_ key: String) -> String { String(key.prefix(12)) }

    /// Shortest beginning of a key that stands for it.
    package static let prefixLength = 8

    /// Two products are one when their bytes are, as the store compares them.
    static func isSameProduct(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }
}

/// A link key that is to be made, or taken over.
package struct NewLinkKey: Sendable, Equatable {
    /// Key and secret that devices have already, of another server.
    package struct Given: Sendable, Equatable {
        package let key: String
        package let secret: String

        package init(key: String, secret: String) {
            (self.key, self.secret) = (key, secret)
        }
    }

    package var owner: LinkKeyOwner
    package var name: String
    /// Only of a product.
    package var requiresApproval: Bool
    /// `nil` for fresh ones.
    package var given: Given?

    package init(_ owner: LinkKeyOwner, name: String = "", requiresApproval: Bool = false, given: Given? = nil) {
        (self.owner, self.name, self.requiresApproval, self.given) = (owner, name, requiresApproval, given)
    }

    /// What keys of its kind begin with.
    var prefix: String { if case .product = owner { "nhp_" } else { "nhd_" } }

    /// Whether a text can be sent in a header, or be a secret that came from one's configuration.
    private static func isVisible(_ text: String, _ bounds: ClosedRange<Int>) -> Bool {
        bounds.contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// - Throws: ``LinkKeyError/invalid(reason:)``.
    func check() throws(LinkKeyError) {
        guard name.utf8.count <= 255, PlainText.isPlain(name) else {
            throw .invalid(reason: "the name of a link key has at most 255 bytes and no control characters")
        }
        switch owner {
        case .product(let product):
            let ends = [product.unicodeScalars.first, product.unicodeScalars.last]
            guard (1...255).contains(product.utf8.count), PlainText.isPlain(product),
                ends.allSatisfy({ $0?.properties.isWhitespace == false })
            else {
                throw .invalid(
                    reason: "a product has 1 to 255 bytes, no control characters and no white space at its ends")
            }
        case .device:
            guard !requiresApproval else {
                throw .invalid(reason: "only a product's key can make devices wait; the operator names this device")
            }
        }
        guard let given else { return }
        let length = LinkKey.prefixLength...SharedSecretHeaders.keyLimit
        guard given.key.utf8.starts(with: prefix.utf8), Self.isVisible(given.key, length) else {
            throw .invalid(
                reason:
                    "this key begins with \(prefix) and has \(length.lowerBound) to \(length.upperBound) characters "
                    + "of ASCII without spaces")
        }
        guard Self.isVisible(given.secret, 16...256) else {
            throw .invalid(reason: "a shared secret has 16 to 256 characters of ASCII without spaces")
        }
    }
}

/// A link key that was just made: the only time its secret leaves the hub.
package struct LinkCredentials: Sendable, Equatable {
    package let key: LinkKey
    /// 43 characters, used as text.
    package let secret: String

    /// A key and its secret: those that were given, or each 32 random bytes in base64 without padding, as devices
    /// expect them.
    static func make(_ new: NewLinkKey, at seconds: Int64, by name: String) -> LinkCredentials {
        LinkCredentials(
            key: LinkKey(
                key: new.given?.key ?? new.prefix + random(), owner: new.owner, name: new.name,
                requiresApproval: new.requiresApproval, createdAt: seconds, createdBy: name),
            secret: new.given?.secret ?? random())
    }

    private static func random() -> String { String(Base64.encode(SecureRandom.bytes(32)).dropLast()) }
}

/// The tie between a device's record and the product whose key it first came with.
package struct LinkIdentity: Sendable, Equatable {
    package let deviceID: String
    package let product: String
    /// The key it was last let in with, or first came with while it never was; also one of its own.
    package let key: String
    /// When it first came, Unix seconds.
    package let createdAt: Int64
    /// When it was last let in with a key, Unix seconds, written at most every ``LinkKeys/noteSeconds`` for one key;
    /// `nil` before the first time.
    package var connectedAt: Int64?
}

/// What became of a device that wants to open its link.
package enum LinkAdmission: Sendable, Equatable {
    /// It is this device, let in by a link key; `nil` when it was its certificate.
    case admitted(deviceID: String, key: String?)
    /// Not so; the device is told no more.
    case refused
    /// The hub can't decide now: too many ask at once, or the device has to slow down.
    case busy
}
