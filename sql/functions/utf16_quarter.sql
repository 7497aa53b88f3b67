CREATE OR REPLACE FUNCTION tollgate.utf16_quarter(content text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  -- A character above U+FFFF is one to PostgreSQL and two code units to a browser.
  SELECT (length(content) + regexp_count(content COLLATE "C", '[\U00010000-\U0010FFFF]') + 3) / 4
$$;
COMMENT ON FUNCTION tollgate.utf16_quarter(text) IS
  'Tokens of a text: UTF-16 code units, which is what a browser calls its length, divided by 4 and rounded up.';
REVOKE ALL ON FUNCTION tollgate.utf16_quarter(text) FROM PUBLIC;
