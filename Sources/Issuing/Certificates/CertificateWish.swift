package import Journal
package import PKI

/// A certificate that an operator may ask for for a subject that is not a device: a person, an app, a server.
package struct CertificateWish: Sendable {
    let commonName: String
    let ou: String
    let publicKey: PublicKey
    let names: [SubjectAlternativeName]
    /// In seconds; `nil` for that of the profile.
    let validity: Int64?

    /// - Parameters:
    ///   - names: as operators write them; those beyond ``nameLimit`` are left out.
    ///   - days: 1 to ``dayLimit``; `nil` for the life of the profile.
    /// - Throws: ``IssuingError/badWish(_:)``.
    package init(
        commonName: String, ou: String, publicKey: PublicKey, names: [String] = [], days: Int? = nil
    ) throws(IssuingError) {
        guard Self.kinds.contains(ou) else {
            throw .badWish("ou must be client, service, plugin or admin; devices enrol by themselves")
        }
        guard (1...64).contains(commonName.unicodeScalars.count) else {
            throw .badWish("a common name has 1 to 64 characters")
        }
        if let days, !(1...Self.dayLimit).contains(days) {
            throw .badWish("validityDays must be 1 to \(Self.dayLimit)")
        }
        self.commonName = commonName
        self.ou = ou
        self.publicKey = publicKey
        validity = days.map { Int64($0) * 86_400 }
        var read: [SubjectAlternativeName] = []
        for name in names.prefix(Self.nameLimit) { read.append(try SubjectAlternativeName.read(name)) }
        self.names = read
    }

    /// Alternative names of one certificate.
    static let nameLimit = 64
    /// Longest life, in days.
    static let dayLimit = 825
    /// Kinds of certificates that an operator gives out.
    static let kinds = ["client", "service", "plugin", "admin"]
}

extension Issuer {
    /// Issues what an operator asks for, under a name that is no device's.
    ///
    /// - Throws: as ``issue(commonName:ou:publicKey:names:validity:authority:isNewName:by:)``, and
    ///   ``IssuingError/badWish(_:)`` for a name that can't stand in the certificate.
    package func issue(_ wish: CertificateWish, by requester: Requester) async throws -> Certificate {
        do {
            return try await issue(
                commonName: wish.commonName, ou: wish.ou, publicKey: wish.publicKey, names: wish.names,
                validity: wish.validity, isNewName: true, by: requester)
        } catch let error as PKIError where error.step == .encodeAddress {
            throw IssuingError.badWish("OU \(wish.ou) admits no such name, or it can't be encoded")
        }
    }
}
