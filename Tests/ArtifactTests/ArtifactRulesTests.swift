import BaseTestSupport
internal import Encoding
import Foundation
import Testing

@testable import Artifact

/// Which names the format takes, and what an artifact's description says to others.
@Suite struct ArtifactRulesTests {
    @Test func names_AreOneTo4096BytesWithoutControls() {
        for (text, isName) in [
            ("a", true), (" ", true), ("é/..", true), (String(repeating: "n", count: 4096), true), ("", false),
            (String(repeating: "n", count: 4097), false), (String(repeating: "é", count: 2049), false), ("a\n", false),
            ("\u{0}", false), ("\u{7F}", false), ("\u{9B}", false), ("\u{A0}", true), ("\u{1F}", false),
        ] {
            #expect(ArtifactRules.isName(text) == isName, "\(text.debugDescription)")
        }
    }

    @Test func fileNames_HaveNoFolders() {
        for (text, isFileName, isPortable) in [
            ("a", true, true), ("a.b,c_d-e", true, true), ("...", true, true), (".a", true, true), (".", false, true),
            ("..", false, true), ("", false, true), ("a/b", false, false), ("/", false, false), ("a b", true, false),
            ("é", true, false), ("a:b", true, false), ("a\\b", true, false), ("a\u{0}", false, false),
            (String(repeating: "n", count: 255), true, true), (String(repeating: "n", count: 256), false, true),
        ] {
            #expect(ArtifactRules.isFileName(text) == isFileName, "\(text.debugDescription)")
            #expect(ArtifactRules.isPortableFileName(text) == isPortable, "\(text.debugDescription)")
        }
    }

    /// The name of an update module becomes the name of a program.
    @Test(arguments: [
        ("rootfs-image", true), ("single_file.v2", true), (String(repeating: "t", count: 255), true), ("", false),
        (".", false), ("..", false), ("a/b", false), ("a b", false), ("a,b", false), ("é", false), ("a\n", false),
        (String(repeating: "t", count: 256), false), ("-", true), ("a;b", false), ("$(a)", false),
    ])
    func payloadType_IsAWord(text: String, isType: Bool) {
        #expect(ArtifactRules.isPayloadType(text) == isType)
    }

    @Test(arguments: [
        ("ArtifactInstall_Enter_00", true), ("ArtifactReboot_Leave_99_name_with_more", true),
        ("ArtifactRollbackReboot_Error_01_", true), ("ArtifactFailure_Enter_00_é", true),
        ("Download_Enter_00", false), ("Idle_Enter_00", false), ("ArtifactInstall_enter_00", false),
        ("ArtifactInstall_Enter_0", false), ("ArtifactInstall_Enter_000", false), ("ArtifactInstall_Enter_a0", false),
        ("ArtifactInstall_Enter", false), ("ArtifactInstall__Enter_00", false), ("artifactinstall_Enter_00", false),
        ("ArtifactInstall_Enter_00_a/b", false), ("ArtifactInstall_Enter_00_\n", false), ("", false),
        ("ArtifactInstall_Enter_٠١", false),
    ])
    func script_IsNamedAfterAState(text: String, isName: Bool) {
        #expect(ArtifactRules.isScriptName(text) == isName)
    }

    @Test func suffix_TellsTheCompression() {
        for compression in ArtifactCompression.allCases {
            #expect(ArtifactCompression(of: "header.tar" + compression.suffix, base: "header.tar") == compression)
        }
        for other in [
            "header.tar.bz2", "header.tar.GZ", "header.tar.gz.gz", "header.tgz", "xheader.tar", "header.tar.",
        ] {
            #expect(ArtifactCompression(of: other, base: "header.tar") == nil)
        }
    }

    @Test func ratio_SaysNothingBelowItsFloor() {
        let limits = ArtifactLimits(denseRatioFloor: 7)
        #expect(ArtifactCompression.allCases.map { limits.ratioFloor($0) } == [64 << 20, 64 << 20, 7, 7])
    }

    /// The hub keeps descriptions as JSON: what was stored by one release is read by the next.
    @Test func description_IsReadAsItWasStored() throws {
        let bytes = try Fixture.with { fixture in
            fixture.header[1] = .init(
                "headers/0000/type-info",
                #"{"type":"t","artifact_depends":{"k":"v","l":["a","b"]},"artifact_provides":{"p":"q"},"#
                    + #""clears_artifact_provides":["p.*"]}"#)
            fixture.header[2] = .init("headers/0000/meta-data", #"{"m":[1,"x",null]}"#)
        }.bytes()
        let description = try read(bytes)
        let stored = try JSONEncoder().encode(description)
        #expect(try JSONDecoder().decode(ArtifactDescription.self, from: stored) == description)
        let document = try JSONValue(parsing: Array(stored))
        #expect(document["payload"]?["depends"]?["l"]?.array == [.string("a"), .string("b")])
        #expect(document["payload"]?["compression"] == .string("none") && document["formatVersion"] == .number("3"))
        #expect(document["requires"]?["deviceTypes"]?.array == [.string("d")])
        #expect(document["group"] == nil && document["signature"] == nil)
    }

    @Test func signature_IsStoredInBase64() throws {
        var description = try read(try Fixture().bytes())
        description.signature = try ArtifactSignature(manifest: [1, 2, 3], member: Array("AAEC".utf8))
        let stored = try JSONEncoder().encode(description)
        let document = try JSONValue(parsing: Array(stored))
        #expect(document["signature"]?["manifest"] == .string("AQID"))
        #expect(document["signature"]?["signature"] == .string("AAEC"))
        #expect(try JSONDecoder().decode(ArtifactDescription.self, from: stored) == description)
        for bad in ["", "A", "AAE", "AAEC\n", "ä"] {
            #expect(throws: ArtifactError.badSignature) { try ArtifactSignature(manifest: [], member: Array(bad.utf8)) }
        }
    }

    @Test func device_MustProvideAllThatIsAskedFor() throws {
        var description = try read(try Fixture().bytes())
        description.requires = ArtifactRequirements(
            deviceTypes: ["d", "e"], artifactNames: ["old"], artifactGroups: ["g"])
        description.payload.depends = ["k": .value("v"), "device_type": .value("someone's")]
        #expect(
            description.depends == [
                "device_type": .anyOf(["d", "e"]), "artifact_name": .anyOf(["old"]), "artifact_group": .anyOf(["g"]),
                "k": .value("v"),
            ])
        #expect(description.dependsBesideType.keys.sorted() == ["artifact_group", "artifact_name", "k"])
        description.payload.provides = ["p": "q", "artifact_name": "another"]
        description.group = "h"
        #expect(description.provides == ["p": "q", "artifact_name": "n", "artifact_group": "h"])
        #expect(ArtifactDependency.value("v").admits("v") && !ArtifactDependency.value("v").admits("w"))
        #expect(ArtifactDependency.anyOf(["a", "b"]).admits("b") && !ArtifactDependency.anyOf([]).admits(""))
    }
}
