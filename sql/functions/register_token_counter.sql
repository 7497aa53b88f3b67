CREATE OR REPLACE FUNCTION tollgate.register_token_counter(
  counter text,
  schema_name text,
  function_name text,
  description text DEFAULT ''
) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  registered tollgate.token_counters;
BEGIN
  IF (counter ~ '^[a-z][a-z0-9_]{0,62}$' AND length(description) <= 500
      AND tollgate.is_trusted_counter(schema_name, function_name)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'A counter is a lower-case name and a function of one text that Tollgate may trust.'
      USING ERRCODE = 'TG400', HINT = 'See tollgate.is_trusted_counter().';
  END IF;
  INSERT INTO tollgate.token_counters AS known (counter, schema_name, function_name, description)
  VALUES (register_token_counter.counter, register_token_counter.schema_name, register_token_counter.function_name,
    register_token_counter.description)
  ON CONFLICT ON CONSTRAINT "a counter has one row" DO UPDATE
  SET description = excluded.description
  RETURNING * INTO registered;
  IF (registered.schema_name, registered.function_name)
    IS DISTINCT FROM (register_token_counter.schema_name, register_token_counter.function_name)
  THEN
    -- What was counted by it would be wrong.
    RAISE EXCEPTION 'A counter of this name is registered with another function.' USING ERRCODE = 'TG409';
  END IF;
  PERFORM tollgate.count_tokens(register_token_counter.counter, '');
END
$$;
COMMENT ON FUNCTION tollgate.register_token_counter(text, text, text, text) IS
  'Lets content budgets name a function that counts the tokens of a text. For administrators who are members of tollgate_owner: nobody is given it, and it has its caller''s rights. Raises TG400 for a name that is none or a function that cannot be trusted, TG409 for a name that has another function.';
REVOKE ALL ON FUNCTION tollgate.register_token_counter(text, text, text, text) FROM PUBLIC;
