-- The canonical form is that of RFC 8785: members by name, no white space, one way to write a string. Numbers are
-- integers, which keep all their digits. Strings are compared byte by byte and are not normalized: whoever means the same
-- by two spellings writes one of them.
CREATE OR REPLACE FUNCTION tollgate.cache_key_hash(
  organization_id uuid,
  cache tollgate.caches,
  key jsonb
) RETURNS bytea
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
    WHEN told.members = cardinality(cache.key_members) AND told.fitting = told.members
      AND octet_length(told.canonical) <= 8192
    THEN sha256(convert_to(concat_ws(E'\n', organization_id, cache.cache_id, told.canonical), 'UTF8'))
  END
  FROM (
    SELECT
      count(*) AS members,
      count(*) FILTER (
        WHERE member.name = ANY (cache.key_members)
          AND (jsonb_typeof(member.value) IN ('string', 'boolean', 'null')
            OR jsonb_typeof(member.value) = 'number' AND member.value::text ~ '^-?[0-9]{1,19}$')
      ) AS fitting,
      '{' || string_agg(format('"%s":%s', member.name, member.value), ',' ORDER BY member.name COLLATE "C") || '}'
        AS canonical
    FROM jsonb_each(CASE jsonb_typeof(key) WHEN 'object' THEN key ELSE '{}' END) AS member (name, value)
  ) AS told
$$;
COMMENT ON FUNCTION tollgate.cache_key_hash(uuid, tollgate.caches, jsonb) IS
  'What a key is kept as: SHA-256, 32 bytes, of whose it is, the cache''s id and the key in canonical form. NULL for a key that does not have exactly the cache''s members, strings, integers of at most 19 digits, true, false or null each, or has more than 8192 bytes.';
REVOKE ALL ON FUNCTION tollgate.cache_key_hash(uuid, tollgate.caches, jsonb) FROM PUBLIC;
