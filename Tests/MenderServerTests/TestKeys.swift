import PKI

/// Keys of kinds the product does not make itself, for tests alone.
enum TestKey: String, CaseIterable {
    case rsa, ed25519, p384, shortRSA, p521, x25519

    /// Private for the first three, which the hub takes; public for the others.
    var pem: String {
        switch self {
        case .rsa: Self.rsaPEM
        case .ed25519: Self.ed25519PEM
        case .p384: Self.p384PEM
        case .shortRSA: Self.shortRSAPEM
        case .p521: Self.p521PEM
        case .x25519: Self.x25519PEM
        }
    }

    func key() throws -> PrivateKey {
        try PrivateKey(pem: pem + "\n", passphrase: nil)
    }

    private static let rsaPEM = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDEbcX6r0HUZYCU
        wYRoJgqeCz4lMCOrA6wk1Xvuz3nrHJS8FBX+kzpw82jkfe79XcCj6CIujMjAHL+w
        bJ3tvMuTTjnMFBZJkG3oVMAL+Uk/stFtHrhdeV5uq+uOw2WzPHezqLjn0Urk1fLt
        DYDmpzCJoX8crZ+6cCTjal1gzWC5jJJ5+CyIWjqDj9dZE5Xv4t0Nv//ISDW9eGA6
        RD1PjnIlofHwc43BRqW2NSf17RZKlUIX2NJnAKd9jVh9XO9ysL131MzE+OMYS7gA
        IznuUEb4UzjyRTaYUT28hl/bLs7VRdFgOEf1nMUZFPMh88otOmgP4TppPPGgTCYi
        mNyLOGuFAgMBAAECggEAPAjI34s89WtoVw6mJyapTBBnl/oUjKn8rO1KiXyD6KW9
        l5YT+tCIpgje4CbVKj7DJ9VEzTFeEck3lPY9dnGjTow0AfmJrkYkMUPlxkMUbhF7
        DHy9IGR9xhlpTyLNLHCorRI+ISvIVhRFwMnFwbkLjqT7MoqmLNcljxPtIi7jBxI0
        DRiC15shTK+JXhdfMeHkvxmiGlRdGcPBDY3BcV6ScYqSRpc7y6aRAgdhS4jE77mg
        MhHMljHcc34l83xTBPNtFMZJiwFoNytRAKnfkRDjKpQvyJiSJJ4FYjQ91ByEtAYJ
        99kA04r3XU2mjZOE+bIkYpfQlSGVWGhR/fEijVDKaQKBgQDzyGM3GXSdwVUGeD93
        Phsyn+sHIhhTwE9sH0XQsPUwg5tRjuRuOaoAzcLU4tMDO1RqmZ4OTm2AvLi8a8mC
        hdS+8KFeBgqGxvhp9wqnVcioZOcyuczx9Dh9Y8pcF0/j5+UVspraGJ/mtyDikD+C
        l8Uryb9hZFwU3fB8QR1pagTtDwKBgQDORducp/Nt+7UNFKh+yk4jOIFlFQq/vBGu
        lipGfiKZ/4R4B6o9OJifYQqhJ18VvLuqouKR5JosLjoLn9k6WRTrblZlmpH9oUM/
        +hSBYX1dwiGin1NL6TAQRmlZD1MIrJHPxWaDm/Yo8UpJOUKMe4Yuibb1nEcnbMgq
        8DD7eEXGKwKBgAW7b4HLKm/PLPWi/DMMlc0h73/ScGn/up5bOeQHVSyX254WUw64
        cmPkcrFYyAdqbLi49ft2IqMFTP65NhrIlNEMjW7Ni4/Ru+OZ+HkozjgPb1RFBCmo
        SW/BWe/CaJF+UWeqNHPuYkwlgDNzmtqyQOOfsc1Tc8rV0SLK0Ss6X/VHAoGASh2X
        t0YxlYcnmredg1E1mjonZCaXYiU1RUH3lrSjwimpc2dtp+m6DSpVI2p+I9VYqQs1
        1a4KJ23EtYCOEQUJGz7eFEvhwPw8qbQ1wfdBkHq8ky4kQ9ZZyr9CAxoaf7dh/QG0
        v/0+CaAJTR4h51BK+lXJQ58Pgf74PVVohDLG/1kCgYEAsOxVekOvI1AtioUTwT3M
        wHjgdN5TX3onLRLMmDIgIFcjy8kZ+gfRRKM+EKwWu3yDydxfTNQymNfr9Plljwlk
        +PC3qdfmvET47ZLSv61HDJahtoDKEuk8z6IqbvAA2+cTC0YEGsfVUetNFRs+2Uk6
        RY4JmBp712m1bu9oG5uwTao=
        -----END PRIVATE KEY-----
        """
    private static let ed25519PEM = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIHMiLrWsaIozx8yLGEY6q/+L7KuTrGeuGyiLp7pj4x9d
        -----END PRIVATE KEY-----
        """
    private static let p384PEM = """
        -----BEGIN PRIVATE KEY-----
        MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCdFKV++vLpPUewKzZK
        V8rZf9X5MlE/vP7/l7NPfFZTv6vLAH87qOyMrqZo9p//fq2hZANiAARXBl/77Iqj
        Q9IEu1lYCeFOZZA6o6pDwWU5uNEUQfGQTXGpaVfKlnqoY2rPfHpJMSHQcWGXqjBM
        xOs9dWywcYYu298xN5VxHxer51PCLyLikRqK4260A3XICs9IPnRonO4=
        -----END PRIVATE KEY-----
        """
    private static let shortRSAPEM = """
        -----BEGIN PUBLIC KEY-----
        MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDRH6TCfnUwoVpANVS3e1STPOMr
        oULdZxfXZ9Pw6Pd6FnQT64ogLROqmuo2ceWRNYx/73HcRHPSoUxaVS53l2ds3YAx
        ZyInkKZeYzlIrfCq5SiXjBIquSxmFvuFvb2vnBvTWveQQ9lpAhBOpjYFXFiUFwxF
        pcIjNGMnFDlIOxh2IwIDAQAB
        -----END PUBLIC KEY-----
        """
    private static let p521PEM = """
        -----BEGIN PUBLIC KEY-----
        MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAIjo7DjJg9OD03b0PfsDhEi1x9RKR
        G7NtXuOe/ftoU6VZRMpkwJ+z6pCi8bR7Ot96IKU30yKX15dsfUn9bmQSVGEB0Wwt
        LK/XWRIjtjVlMtdUwY/d0K+TPbRwjDa+wzhQLhoG8WouGpEtdA7ca0zhghC6TF6Y
        oCJ4pFqYQaMwS2SZUII=
        -----END PUBLIC KEY-----
        """
    private static let x25519PEM = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VuAyEAABW1l+gf3IelM7OYoGQCDbk9hJdSgcnkezy97SQayXs=
        -----END PUBLIC KEY-----
        """
}
