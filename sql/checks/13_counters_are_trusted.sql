-- Invariant 13: what counts tokens runs with the owner's rights, so that nobody but the owner and superusers can change it.
SELECT format('counter %s is the function %I.%I, which is none of the owner''s', counter, schema_name, function_name)
FROM tollgate.token_counters
WHERE NOT tollgate.is_trusted_counter(schema_name, function_name)
