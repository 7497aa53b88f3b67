-- Invariant 22: a content budget's used tokens are those of its active attributes, an attribute's and all bytes those of texts.
SELECT format('content budget of organization %s: %s tokens are active, and its attributes have %s',
  settings.organization_id, settings.active_tokens, counted.active_tokens)
FROM tollgate.content_budgets AS settings
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(item.tokens) FILTER (WHERE item.active), 0) AS active_tokens
    FROM tollgate.content_attributes AS item
    WHERE item.organization_id = settings.organization_id
  ) AS counted
WHERE settings.active_tokens <> counted.active_tokens
UNION ALL
SELECT format('content budget of organization %s: %s attributes are counted, up to number %s, and there are %s, up to %s',
  settings.organization_id, settings.attribute_count, settings.last_number, counted.attribute_count, counted.last_number)
FROM tollgate.content_budgets AS settings
  CROSS JOIN LATERAL (
    SELECT count(*) AS attribute_count, coalesce(max(item.number), 0) AS last_number
    FROM tollgate.content_attributes AS item
    WHERE item.organization_id = settings.organization_id
  ) AS counted
WHERE settings.attribute_count <> counted.attribute_count
  OR settings.last_number < counted.last_number
UNION ALL
SELECT format('attribute %s of organization %s: has %s tokens, and its texts have %s',
  item.attribute_id, item.organization_id, item.tokens, counted.tokens)
FROM tollgate.content_attributes AS item
  JOIN tollgate.content_budgets AS settings ON settings.organization_id = item.organization_id
  CROSS JOIN LATERAL (
    SELECT tollgate.count_content(settings.counter, item.instructions, item.examples, item.signals) AS tokens
  ) AS counted
WHERE item.tokens <> counted.tokens
UNION ALL
SELECT format('content budget of organization %s: %s bytes are stored, and its texts have %s',
  settings.organization_id, settings.stored_bytes, counted.stored_bytes)
FROM tollgate.content_budgets AS settings
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(tollgate.content_bytes(item.instructions, item.examples, item.signals)), 0) AS stored_bytes
    FROM tollgate.content_attributes AS item
    WHERE item.organization_id = settings.organization_id
  ) AS counted
WHERE settings.stored_bytes <> counted.stored_bytes
