CREATE OR REPLACE FUNCTION tollgate.deactivate_to_fit(
  settings tollgate.content_budgets,
  OUT active_tokens bigint,
  OUT deactivated jsonb
)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  budget CONSTANT bigint := tollgate.content_budget_tokens(settings.level, settings.budget_tokens);
  attribute_ids uuid[];
  token_counts bigint[];
  event_ids uuid[];
BEGIN
  active_tokens := settings.active_tokens;
  deactivated := '[]';
  IF NOT settings.deactivates_automatically THEN
    RETURN;
  END IF;
  -- Once: uses are counted meanwhile, and another look might find others.
  SELECT coalesce(array_agg(found.attribute_id ORDER BY found.n), '{}'), array_agg(found.tokens ORDER BY found.n)
  INTO attribute_ids, token_counts
  FROM tollgate.least_used_content(settings.organization_id, settings.active_tokens - budget, '{}')
    WITH ORDINALITY AS found (attribute_id, tokens, n);
  -- In order, also those of one millisecond: who reads the events sees the tokens become fewer.
  event_ids := ARRAY(
    SELECT made.id
    FROM generate_series(1, cardinality(attribute_ids)) AS item (n)
      CROSS JOIN LATERAL (SELECT tollgate.time_ordered_id() AS id WHERE item.n > 0) AS made
    ORDER BY made.id
  );
  FOR n IN 1..cardinality(attribute_ids) LOOP
    UPDATE tollgate.content_attributes AS kept
    SET active = false,
      updated_at = tollgate.moment()
    WHERE kept.organization_id = settings.organization_id AND kept.attribute_id = attribute_ids[n];
    active_tokens := active_tokens - token_counts[n];
    deactivated := deactivated || jsonb_build_object('id', attribute_ids[n], 'tokens', token_counts[n]);
    PERFORM tollgate.write_event(settings.organization_id, 'content_deactivated', NULL,
      jsonb_build_object('attributeId', attribute_ids[n], 'tokens', token_counts[n], 'used', active_tokens, 'budget', budget),
      event_id => event_ids[n]);
  END LOOP;
END
$$;
COMMENT ON FUNCTION tollgate.deactivate_to_fit(tollgate.content_budgets) IS
  'Deactivates attributes, in the order of tollgate.least_used_content(), until they fit into the budget, and writes an event for each: where the organization is configured so. Tells how many tokens are active then, and what was deactivated as [{"id", "tokens"}]. The caller has locked the row and writes it.';
REVOKE ALL ON FUNCTION tollgate.deactivate_to_fit(tollgate.content_budgets) FROM PUBLIC;
