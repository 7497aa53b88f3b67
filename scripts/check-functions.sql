-- What plpgsql_check finds in Tollgate's functions: a line each, none when all is well.
--
-- Left out, with the reasons:
--   never read variable "admitted"   settings are changed by assignment, which takes no statement; nobody wants the value
--   composite OUT variable           true of tollgate.due_movements, which returns four more
--   should be IMMUTABLE              of tollgate.usable_time_zone: which time zones there are changes with PostgreSQL's data
--   should be STABLE                 of tollgate.drop_expired_partitions: it drops, by EXECUTE, which is not looked into
\set ON_ERROR_STOP on
SELECT format('%s, line %s: %s (%s). %s', routine.oid::regprocedure, found.lineno, found.message, found.level, found.hint)
FROM pg_proc AS routine
  JOIN pg_language AS language ON language.oid = routine.prolang AND language.lanname = 'plpgsql'
  LEFT JOIN pg_trigger AS trigger ON trigger.tgfoid = routine.oid
  CROSS JOIN LATERAL lint.plpgsql_check_function_tb(routine.oid, coalesce(trigger.tgrelid, 0), fatal_errors => false,
    other_warnings => true, extra_warnings => true, performance_warnings => true, security_warnings => true,
    compatibility_warnings => true) AS found
WHERE routine.pronamespace = 'tollgate'::regnamespace
  AND found.message <> 'never read variable "admitted"'
  AND (routine.proname, found.message) NOT IN (
    ('due_movements', 'composite OUT variable "current" is not single argument'),
    ('usable_time_zone', 'routine is marked as STABLE, should be IMMUTABLE'),
    ('drop_expired_partitions', 'routine is marked as VOLATILE, should be STABLE'))
ORDER BY 1;
