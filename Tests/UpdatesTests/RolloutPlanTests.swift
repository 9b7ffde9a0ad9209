import Testing

@testable import Updates

@Suite struct RolloutPlanTests {}
