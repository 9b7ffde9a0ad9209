import Testing

/// Signatures of artifacts: made and checked with keys of P-256 and RSA.
@Suite(.timeLimit(.minutes(5))) struct ArtifactSignCommandTests {
    private let bench: ArtifactBench

    init() throws {
        bench = try ArtifactBench()
    }

    @Test func finishedArtifact_IsSigned_AndOnlyItsKeyConfirms() async throws {
        try bench.makeKey("ec")
        try await bench.makeRSA("rsa", bits: 2048)
        try await bench.write("plain.mender", "--type", "t", "--file", "greeting.txt").succeeded()
        for (key, other) in [("ec", "rsa"), ("rsa", "ec")] {
            let file = "signed-\(key).mender"
            try await bench.artifact(["sign", "plain.mender", "--key", key + ".key", "--out", file]).succeeded()
            try await bench.inspect(file, "--verify-key", key + ".pem").succeeded()
            try await bench.inspect(file, "--verify-key", other + ".pem", "--verify-key", key + ".pem").succeeded()
            let refused = try await bench.inspect(file, "--verify-key", other + ".pem")
            refused.expectRefusal("\(file) is signed by another key")
        }
        try await bench.inspect("plain.mender", "--verify-key", "ec.pem")
            .expectRefusal("plain.mender is not signed")
    }

    @Test func secondSignature_NeedsToBeAskedFor_AndReplacesTheFirst() async throws {
        try bench.makeKey("first")
        try bench.makeKey("second")
        try await bench.write("a.mender", "--type", "t", "--sign-key", "first.key").succeeded()
        let before = try bench.digest("a.mender")
        try await bench.artifact(["sign", "a.mender", "--key", "second.key"]).expectRefusal("--replace")
        try await bench.artifact(
            ["sign", "a.mender", "--key", "second.key", "--replace", "--out", "b.mender"]
        ).succeeded()
        #expect(try bench.digest("a.mender") == before)
        try await bench.inspect("a.mender", "--verify-key", "first.pem").succeeded()
        try await bench.inspect("b.mender", "--verify-key", "second.pem").succeeded()
        try await bench.inspect("b.mender", "--verify-key", "first.pem").expectRefusal("signed by another key")

        try await bench.artifact(["sign", "a.mender", "--key", "second.key", "--replace"]).succeeded()
        #expect(try bench.digest("a.mender") != before)
        try await bench.inspect("a.mender", "--verify-key", "second.pem").succeeded()
    }

    @Test func encryptedKey_OpensWithItsPassphraseOnly() async throws {
        try await bench.site.shell(
            """
            umask 077
            openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -passout pass:correct -out locked.key
            openssl pkey -in locked.key -passin pass:correct -pubout -out locked.pem
            """
        ).succeeded()
        try bench.site.write("right", "correct\n")
        try bench.site.write("wrong", "incorrect\n")
        let options = ["write", "--name", "n", "--device-type", "d", "--type", "t", "--sign-key", "locked.key"]
        try await bench.artifact(options + ["--passphrase-file", "wrong", "--out", "a.mender"])
            .expectRefusal("the passphrase does not open locked.key")
        #expect(!bench.site.exists("a.mender"))
        try await bench.artifact(options + ["--passphrase-file", "right", "--out", "a.mender"]).succeeded()
        try await bench.inspect("a.mender", "--verify-key", "locked.pem").succeeded()
    }

    @Test func weakKey_SignsNothing() async throws {
        try await bench.makeRSA("weak", bits: 1024)
        try await bench.write("a.mender", "--type", "t", "--sign-key", "weak.key").expectRefusal("at least 2048 bits")
        #expect(bench.site.names(in: "") == ["greeting.txt", "weak.key", "weak.pem"])
    }
}
