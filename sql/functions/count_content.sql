CREATE OR REPLACE FUNCTION tollgate.count_content(
  counter text,
  instructions text,
  examples jsonb,
  signals jsonb
) RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT sum(tollgate.count_tokens(counter, content))::bigint
  FROM unnest(ARRAY[instructions] || tollgate.content_texts(examples) || tollgate.content_texts(signals)) AS content
$$;
COMMENT ON FUNCTION tollgate.count_content(text, text, jsonb, jsonb) IS
  'Tokens of an attribute: those of each of its texts, counted by itself and rounded by itself.';
REVOKE ALL ON FUNCTION tollgate.count_content(text, text, jsonb, jsonb) FROM PUBLIC;
