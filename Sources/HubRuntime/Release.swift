package enum Release {
    /// As `hubd --version` prints it.
    package static let version = "0.1.0"
}
