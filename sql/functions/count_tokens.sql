CREATE OR REPLACE FUNCTION tollgate.count_tokens(counter text, content text) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  registered tollgate.token_counters;
  counted bigint;
BEGIN
  IF count_tokens.counter = 'utf16_quarter' THEN
    RETURN tollgate.utf16_quarter(content);
  END IF;
  SELECT * INTO registered FROM tollgate.token_counters AS known WHERE known.counter = count_tokens.counter;
  -- Each time: a function may have been given to somebody else since it was registered.
  IF tollgate.is_trusted_counter(registered.schema_name, registered.function_name) IS NOT TRUE THEN
    RAISE EXCEPTION 'The counter % is no trusted function any more.', count_tokens.counter
      USING ERRCODE = 'insufficient_privilege', HINT = 'See tollgate.is_trusted_counter().';
  END IF;
  EXECUTE format('SELECT %I.%I($1)::bigint', registered.schema_name, registered.function_name)
  INTO counted
  USING content;
  IF (counted BETWEEN 0 AND 1000000000) IS NOT TRUE THEN
    RAISE EXCEPTION 'The counter % does not count from 0 to 10^9.', count_tokens.counter
      USING ERRCODE = 'numeric_value_out_of_range';
  END IF;
  RETURN counted;
END
$$;
COMMENT ON FUNCTION tollgate.count_tokens(text, text) IS
  'Tokens of a text by a counter of tollgate.token_counters, always with the owner''s rights: whoever verifies lends it none of their own. Raises 42501 for a counter that is unknown or whose function is not trusted, 22003 for one that does not answer 0 to 10^9.';
REVOKE ALL ON FUNCTION tollgate.count_tokens(text, text) FROM PUBLIC;
