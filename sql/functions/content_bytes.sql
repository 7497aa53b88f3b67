CREATE OR REPLACE FUNCTION tollgate.content_bytes(instructions text, examples jsonb, signals jsonb) RETURNS bigint
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT octet_length(instructions)
    + octet_length(array_to_string(tollgate.content_texts(examples) || tollgate.content_texts(signals), ''))::bigint
$$;
COMMENT ON FUNCTION tollgate.content_bytes(text, jsonb, jsonb) IS
  'Bytes of an attribute: those of its texts in UTF-8.';
REVOKE ALL ON FUNCTION tollgate.content_bytes(text, jsonb, jsonb) FROM PUBLIC;
