CREATE OR REPLACE FUNCTION tollgate.alert_words(
  payload jsonb,
  organization_name text,
  at timestamptz,
  OUT subject text,
  OUT message text
)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  WITH said AS (
    SELECT
      CASE payload ->> 'condition'
        WHEN 'available_below' THEN format('fewer than %s tokens available', payload ->> 'threshold')
        WHEN 'percent_left_below' THEN format('less than %s %% of the allocation left', payload ->> 'threshold')
        WHEN 'runs_out_within_hours' THEN format('tokens run out within %s hours', payload ->> 'threshold')
        WHEN 'tokens_per_hour_above' THEN format('more than %s tokens used in an hour', payload ->> 'threshold')
      END AS condition,
      format('%s of %s', payload ->> 'tokenType', organization_name) AS balance
  )
  SELECT
    format('%s: %s (%s)', CASE payload ->> 'state' WHEN 'recovered' THEN 'Recovered' ELSE 'Alert' END, said.condition,
      said.balance),
    concat_ws(E'\n',
      CASE payload ->> 'state'
        WHEN 'recovered' THEN format('No longer: %s.', said.condition)
        ELSE format('Now: %s.', said.condition)
      END,
      '',
      format('Organization: %s', organization_name),
      format('Token type: %s', payload ->> 'tokenType'),
      format('Available tokens: %s', payload ->> 'available'),
      format('Allocation of this period: %s', payload ->> 'allocated'),
      format('Value: %s (threshold: %s)', payload ->> 'value', payload ->> 'threshold'),
      format('Time: %s', tollgate.rfc3339(at)),
      '',
      format('Rule: %s', payload ->> 'alertId'))
  FROM said
$$;
COMMENT ON FUNCTION tollgate.alert_words(jsonb, text, timestamptz) IS 'What an alert says to people: one line, and a text.';
REVOKE ALL ON FUNCTION tollgate.alert_words(jsonb, text, timestamptz) FROM PUBLIC;
