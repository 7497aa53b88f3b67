-- Invariant 20: fsync, full_page_writes and synchronous_commit are on for the server's login.
SELECT format('%s is %s', name, setting)
FROM pg_settings
WHERE name IN ('fsync', 'full_page_writes') AND setting <> 'on'
UNION ALL
-- What ALTER ROLE and ALTER DATABASE say goes before the configuration, the narrower before the wider.
SELECT format('synchronous_commit is %s for tollgate_server', effective.setting)
FROM (
  SELECT coalesce(
    (
      SELECT split_part(assignment, '=', 2)
      FROM pg_db_role_setting,
        unnest(setconfig) AS assignment
      WHERE setrole IN (0, to_regrole('tollgate_server'))
        AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
        AND (setrole <> 0 OR setdatabase <> 0)
        AND assignment LIKE 'synchronous\_commit=%'
      ORDER BY setrole <> 0 DESC, setdatabase <> 0 DESC
      LIMIT 1
    ),
    current_setting('synchronous_commit')
  ) AS setting
) AS effective
WHERE effective.setting NOT IN ('on', 'remote_apply', 'remote_write', 'true', 'yes', '1')
