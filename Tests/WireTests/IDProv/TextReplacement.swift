extension String {
    /// The text with the first occurrence of `part` replaced; the same text when there is none.
    func replacingFirst(_ part: String, with other: String) -> String {
        guard let place = firstRange(of: part) else { return self }
        return self[..<place.lowerBound] + other + self[place.upperBound...]
    }
}
