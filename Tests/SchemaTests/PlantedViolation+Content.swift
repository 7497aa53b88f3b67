extension PlantedViolation {
  private static let check = "22_content_budgets_add_up"

  static let content = [
    PlantedViolation(
      check, "a token more is active than attributes have",
      "UPDATE tollgate.content_budgets SET active_tokens = active_tokens + 1"),
    PlantedViolation(
      check, "a byte more is stored than texts have",
      "UPDATE tollgate.content_budgets SET stored_bytes = stored_bytes + 1"),
    PlantedViolation(
      check, "an attribute is deactivated by hand", "UPDATE tollgate.content_attributes SET active = false"),
    PlantedViolation(
      check, "an attribute is activated by hand", "UPDATE tollgate.content_attributes SET active = true"),
    PlantedViolation(
      check, "an inactive attribute is gone", "DELETE FROM tollgate.content_attributes WHERE NOT active"),
    PlantedViolation(
      check, "an attribute has a number that is to be given yet",
      "UPDATE tollgate.content_attributes SET number = 3 WHERE number = 2"),
    PlantedViolation(
      check, "an inactive attribute has other tokens than its texts",
      "UPDATE tollgate.content_attributes SET tokens = tokens + 1 WHERE NOT active"),
    PlantedViolation(
      check, "a text was changed behind the count",
      "UPDATE tollgate.content_attributes SET examples = '[]' WHERE active"),
    PlantedViolation(
      check, "a counter was changed behind the count",
      """
      INSERT INTO tollgate.token_counters (counter, schema_name, function_name)
      VALUES ('characters', 'pg_catalog', 'length');
      UPDATE tollgate.content_budgets SET counter = 'characters'
      """),
    PlantedViolation(
      "13_counters_are_trusted", "a counter can be changed by who is not the owner",
      """
      CREATE ROLE counting;
      GRANT CREATE, USAGE ON SCHEMA public TO counting;
      SET LOCAL ROLE counting;
      CREATE FUNCTION public.count_words(content text) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
      RESET ROLE;
      INSERT INTO tollgate.token_counters (counter, schema_name, function_name)
      VALUES ('words', 'public', 'count_words')
      """),
    PlantedViolation(
      "13_counters_are_trusted", "a counter's function is gone",
      """
      INSERT INTO tollgate.token_counters (counter, schema_name, function_name)
      VALUES ('words', 'public', 'count_words')
      """),
    PlantedViolation(
      "13_counters_are_trusted", "a counter counts otherwise each time",
      """
      CREATE FUNCTION public.count_words(content text) RETURNS bigint LANGUAGE sql VOLATILE AS 'SELECT 1::bigint';
      INSERT INTO tollgate.token_counters (counter, schema_name, function_name)
      VALUES ('words', 'public', 'count_words')
      """),
  ]
}
