-- Runs as tollgate_reporter, whose policies admit it to the budgets of every organization, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_reporter;
SET LOCAL ROLE tollgate_reporter;
CREATE OR REPLACE FUNCTION tollgate.read_content_budgets(
  by_percent boolean DEFAULT false,
  behind_id uuid DEFAULT NULL,
  row_limit integer DEFAULT 50
) RETURNS TABLE (
  organization_id uuid,
  name text,
  level integer,
  level_title text,
  budget_tokens bigint,
  budget bigint,
  used bigint,
  remaining bigint,
  percent_used bigint,
  state text,
  deactivates_automatically boolean,
  counter text
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  WITH standing AS (
    SELECT known.id, known.name, present.*,
      CASE
        WHEN by_percent THEN present.used::numeric / present.budget
        ELSE extract(epoch FROM known.created_at)
      END AS rank
    FROM public.organizations AS known
      LEFT JOIN tollgate.content_budgets AS settings ON settings.organization_id = known.id
      CROSS JOIN LATERAL tollgate.content_standing(settings) AS present
  )
  SELECT listed.id, listed.name, listed.level, listed.level_title, listed.budget_tokens, listed.budget, listed.used,
    listed.remaining, listed.percent_used, listed.state, listed.deactivates_automatically, listed.counter
  FROM standing AS listed
  WHERE behind_id IS NULL
    OR (listed.rank, listed.id) < (SELECT last.rank, last.id FROM standing AS last WHERE last.id = behind_id)
  ORDER BY listed.rank DESC, listed.id DESC
  LIMIT row_limit
$$;
COMMENT ON FUNCTION tollgate.read_content_budgets(boolean, uuid, integer) IS
  'A page of how full the content budgets of all organizations are, in tokens: newest organizations first, or by_percent those first that have used most of theirs; those that come behind the one with behind_id, as of now. An organization without content is in it too.';
REVOKE ALL ON FUNCTION tollgate.read_content_budgets(boolean, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_content_budgets(boolean, uuid, integer) TO service_role, tollgate_server, tollgate_owner;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
