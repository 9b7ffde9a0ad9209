internal import Files
internal import Foundation
internal import PKI
internal import Yams

/// Reads certificate profiles, one YAML file per OU (ca/README.md); each replaces the built-in one of its name.
struct ProfileFiles {
    let folder: String

    private struct File: Decodable {
        var name: String
        var organizationalUnit: String?
        var validityDays: Int?
        var backdateSeconds: Int64?
        var keyUsage: [String]?
        var extendedKeyUsage: [String]?
        var allowedKeys: [String]?
        var subjectAlternativeNames: [String]?
    }

    func replacing(_ profiles: [CertificateProfile]) throws -> [CertificateProfile] {
        var byName = Dictionary(profiles.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        for name in names where name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
            let path = folder + "/" + name
            let profile = try read(path, over: byName)
            byName[profile.name] = profile
        }
        return Array(byName.values)
    }

    private func read(_ path: String, over known: [String: CertificateProfile]) throws -> CertificateProfile {
        let file: File
        do {
            file = try YAMLDecoder().decode(File.self, from: try SecureFile.read(path))
        } catch let error as FileError {
            throw error
        } catch {
            throw HubError.badProfile(file: path, reason: "is not a profile: \(error)")
        }
        guard var profile = known[file.name] else {
            throw HubError.badProfile(file: path, reason: "\(file.name) is not a profile name; ca/README.md lists them")
        }
        if let unit = file.organizationalUnit {
            guard file.name != "server" || !HubRecognition.roles.contains(unit) else {
                throw HubError.badProfile(
                    file: path,
                    reason: "the server profile must not use the role OU \(unit); devices would not recognize the hub")
            }
            profile.organizationalUnit = unit
        }
        if let days = file.validityDays {
            guard (1...7300).contains(days) else {
                throw HubError.badProfile(file: path, reason: "validityDays must be 1 to 7300")
            }
            profile.validitySeconds = Int64(days) * 86_400
        }
        if let seconds = file.backdateSeconds { profile.backdateSeconds = min(max(seconds, 0), 86_400) }
        try apply(file, to: &profile, path: path)
        return profile
    }

    private func apply(_ file: File, to profile: inout CertificateProfile, path: String) throws {
        if let words = file.keyUsage {
            profile.keyUsage = Set(try words.map { try known($0, as: KeyUsage.init(rawValue:), "keyUsage", path) })
        }
        if let words = file.extendedKeyUsage {
            profile.extendedKeyUsage = try words.map {
                // That of tunnels is for one kind of certificate alone, which has no profile file.
                try known(
                    $0, as: { word in ExtendedKeyUsage(rawValue: word).flatMap { $0 == .tunnel ? nil : $0 } },
                    "extendedKeyUsage", path)
            }
        }
        if let words = file.allowedKeys {
            profile.allowedKeys = Set(
                try words.map { try known($0, as: AllowedKey.init(rawValue:), "allowedKeys", path) })
        }
        if let words = file.subjectAlternativeNames {
            profile.subjectAlternativeNames = Set(
                try words.map {
                    try known($0, as: SubjectAlternativeNameKind.init(rawValue:), "subjectAlternativeNames", path)
                })
        }
    }

    private func known<Value>(
        _ word: String, as make: (String) -> Value?, _ key: String, _ path: String
    ) throws -> Value {
        guard let value = make(word) else {
            throw HubError.badProfile(file: path, reason: "\(word) is not a valid value of \(key)")
        }
        return value
    }
}
