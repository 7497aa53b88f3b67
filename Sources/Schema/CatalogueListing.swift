extension Catalogue {
  static let hash = "encode(sha256(convert_to(definition, 'UTF8')), 'hex')"

  /// Rows (object, definition). Needs search_path pg_catalog alone, so that every other name is written in full.
  ///
  /// Privileges are listed in order and as if granted one by one: NULL and the default written out mean the same.
  static let listing = """
    WITH relation AS (
      SELECT class.*, format('%s %I.%I', CASE relkind
          WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table'
          ELSE 'table'
        END, nspname, relname) AS title
      FROM pg_class AS class
        JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
      WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
        AND NOT relispartition
        AND (nspname = 'tollgate'
          OR nspname = 'public' AND (relowner = to_regrole('tollgate_owner')
            OR relname IN ('organizations', 'user_profiles', 'ai_tokens', 'ai_token_usage_log')))
    ),
    routine AS (
      SELECT procedure.*,
        format('function %I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(procedure.oid)) AS title
      FROM pg_proc AS procedure
        JOIN pg_namespace AS namespace ON namespace.oid = pronamespace
      WHERE nspname = 'tollgate' OR nspname = 'public' AND proowner = to_regrole('tollgate_owner')
    )
    SELECT format('schema %I', nspname) AS object,
      concat_ws(E'\\n', nspowner::regrole, (
        SELECT string_agg(privilege::text, ' ' ORDER BY privilege::text)
        FROM unnest(coalesce(nspacl, acldefault('n', nspowner))) AS privilege)) AS definition
    FROM pg_namespace
    WHERE nspname = 'tollgate'
    UNION ALL
    SELECT title, concat_ws(E'\\n', relkind, relpersistence, relowner::regrole, relrowsecurity, relforcerowsecurity,
      array_to_string(reloptions, ' '), CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END,
      CASE WHEN relkind = 'p' THEN pg_get_partkeydef(oid) END, (
        SELECT string_agg(privilege::text, ' ' ORDER BY privilege::text)
        FROM unnest(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)))
          AS privilege))
    FROM relation
    UNION ALL
    SELECT format('column %I of %s', attname, title), concat_ws(E'\\n', format_type(atttypid, atttypmod), attnotnull,
      attidentity, attgenerated, attcollation::regcollation, pg_get_expr(adbin, adrelid),
      (SELECT string_agg(privilege::text, ' ' ORDER BY privilege::text) FROM unnest(attacl) AS privilege))
    FROM relation
      JOIN pg_attribute ON attrelid = relation.oid AND attnum > 0 AND NOT attisdropped
      LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    UNION ALL
    SELECT format('constraint %I of %s', conname, title), concat_ws(E'\\n', pg_get_constraintdef(c.oid, true), convalidated)
    FROM relation
      JOIN pg_constraint AS c ON conrelid = relation.oid
    UNION ALL
    SELECT format('index %s of %s', indexrelid::regclass, title), concat_ws(E'\\n', pg_get_indexdef(indexrelid), indisvalid)
    FROM relation
      JOIN pg_index ON indrelid = relation.oid
    UNION ALL
    SELECT format('policy %I of %s', polname, title), concat_ws(E'\\n', polcmd, polpermissive,
      (SELECT string_agg(polrole::regrole::text, ' ' ORDER BY polrole::regrole::text) FROM unnest(polroles) AS polrole),
      'USING ' || pg_get_expr(polqual, polrelid), 'CHECK ' || pg_get_expr(polwithcheck, polrelid))
    FROM relation
      JOIN pg_policy ON polrelid = relation.oid
    UNION ALL
    SELECT format('trigger %I of %s', tgname, title), concat_ws(E'\\n', pg_get_triggerdef(t.oid), tgenabled)
    FROM relation
      JOIN pg_trigger AS t ON tgrelid = relation.oid AND NOT tgisinternal
    UNION ALL
    SELECT format('rule %I of %s', rulename, title), concat_ws(E'\\n', pg_get_ruledef(r.oid), ev_enabled)
    FROM relation
      JOIN pg_rewrite AS r ON ev_class = relation.oid AND rulename <> '_RETURN'
    UNION ALL
    SELECT title, concat_ws(E'\\n', CASE WHEN prokind <> 'a' THEN pg_get_functiondef(oid) END, proowner::regrole, (
        SELECT string_agg(privilege::text, ' ' ORDER BY privilege::text)
        FROM unnest(coalesce(proacl, acldefault('f', proowner))) AS privilege))
    FROM routine
    """
}
