CREATE OR REPLACE FUNCTION tollgate.content_texts(content jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
    WHEN jsonb_typeof(content) = 'string' THEN ARRAY[content #>> '{}']
    WHEN jsonb_typeof(content) = 'array' AND NOT jsonb_path_exists(content, 'strict $[*] ? (@.type() <> "string")')
      THEN ARRAY(SELECT jsonb_array_elements_text(content))
  END
$$;
COMMENT ON FUNCTION tollgate.content_texts(jsonb) IS
  'The texts of examples or signals, which are a text or a list of texts; NULL for anything else.';
REVOKE ALL ON FUNCTION tollgate.content_texts(jsonb) FROM PUBLIC;
