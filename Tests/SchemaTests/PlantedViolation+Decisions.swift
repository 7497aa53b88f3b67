extension PlantedViolation {
  private static let check = "23_caches_grant_what_is_charged"

  static let decisions = [
    PlantedViolation(
      check, "a day has more calls than its quota",
      "UPDATE tollgate.cache_days SET quota = 0"),
    PlantedViolation(
      check, "a call is counted that nobody was charged for",
      "UPDATE tollgate.cache_days SET calls = calls + 1"),
    PlantedViolation(
      check, "a lease was granted without a charge",
      "UPDATE tollgate.cache_entries SET lease_id = gen_random_uuid()"),
    PlantedViolation(
      check, "a lease is of another cache's call",
      "UPDATE tollgate.cache_entries SET cache_name = 'others'"),
  ]
}
