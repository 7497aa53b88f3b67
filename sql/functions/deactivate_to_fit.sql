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
  event_ids uuid[];
  item record;
BEGIN
  active_tokens := settings.active_tokens;
  deactivated := '[]';
  IF NOT settings.deactivates_automatically THEN
    RETURN;
  END IF;
  -- In order, also those of one millisecond: who reads the events sees the tokens become fewer.
  event_ids := ARRAY(
    SELECT made.id
    FROM tollgate.least_used_content(settings.organization_id, settings.active_tokens - budget, '{}') AS found
      CROSS JOIN LATERAL (SELECT tollgate.time_ordered_id() AS id WHERE found.tokens > 0) AS made
    ORDER BY made.id
  );
  FOR item IN
    SELECT found.attribute_id, found.tokens, found.n
    FROM tollgate.least_used_content(settings.organization_id, settings.active_tokens - budget, '{}')
      WITH ORDINALITY AS found (attribute_id, tokens, n)
  LOOP
    UPDATE tollgate.content_attributes AS kept
    SET active = false,
      updated_at = tollgate.moment()
    WHERE kept.organization_id = settings.organization_id AND kept.attribute_id = item.attribute_id;
    active_tokens := active_tokens - item.tokens;
    deactivated := deactivated || jsonb_build_object('id', item.attribute_id, 'tokens', item.tokens);
    INSERT INTO tollgate.events (organization_id, event_id, kind, payload, created_at)
    VALUES (settings.organization_id, event_ids[item.n::integer], 'content_deactivated',
      jsonb_build_object('attributeId', item.attribute_id, 'tokens', item.tokens, 'used', active_tokens, 'budget', budget),
      tollgate.moment());
  END LOOP;
END
$$;
COMMENT ON FUNCTION tollgate.deactivate_to_fit(tollgate.content_budgets) IS
  'Deactivates attributes, in the order of tollgate.least_used_content(), until they fit into the budget, and writes an event for each: where the organization is configured so. Tells how many tokens are active then, and what was deactivated as [{"id", "tokens"}]. The caller has locked the row and writes it.';
REVOKE ALL ON FUNCTION tollgate.deactivate_to_fit(tollgate.content_budgets) FROM PUBLIC;
