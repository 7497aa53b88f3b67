-- Runs as tollgate_reporter, whose policies admit it to every organization, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_reporter;
SET LOCAL ROLE tollgate_reporter;
CREATE OR REPLACE FUNCTION tollgate.find_organizations(
  search text DEFAULT NULL,
  plan text DEFAULT NULL,
  status text DEFAULT NULL,
  near_limit boolean DEFAULT false,
  sort text DEFAULT 'created',
  behind_id uuid DEFAULT NULL,
  behind_key text DEFAULT NULL,
  row_limit integer DEFAULT 50
) RETURNS TABLE (
  found_id uuid,
  sort_key text
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- What is not asked for is no condition then, and an index serves the rest.
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
  -- How an id begins, written with hyphens or without. A name may begin so, too, but not with all of an id.
  digits CONSTANT text := CASE
    WHEN find_organizations.search ~* '^[0-9a-f]{4}[0-9a-f-]*$' AND length(replace(search, '-', '')) <= 32
      THEN replace(search, '-', '')
  END;
  first_id CONSTANT uuid := rpad(digits, 32, '0')::uuid;
  last_id CONSTANT uuid := rpad(digits, 32, 'f')::uuid;
  prefix CONSTANT text := CASE WHEN length(digits) = 32 THEN NULL ELSE lower(find_organizations.search) END;
  -- Microseconds since 1970.
  last_created_at CONSTANT timestamptz := CASE
    WHEN sort NOT IN ('name', 'used', 'available') THEN
      'epoch'::timestamptz + behind_key::bigint * interval '1 microsecond'
  END;
BEGIN
  IF sort IN ('used', 'available') THEN
    -- No index has sums: every balance is read.
    RETURN QUERY
    WITH standing AS (
      SELECT token.organization_id,
        CASE
          WHEN sort = 'used' THEN sum(token.total_used)
          -- Those that have the least left come first.
          ELSE -sum(token.balance - token.reserved)
        END AS rank,
        bool_or(near_limit AND token.total_allocated > 0
          AND tollgate.balance_state(token.balance - token.reserved, token.total_allocated, kind)
            IN ('critical', 'exhausted')) AS is_near_limit
      FROM public.ai_tokens AS token
        JOIN tollgate.token_types AS kind ON kind.token_type = token.token_type
      GROUP BY token.organization_id
    ),
    listed AS (
      SELECT known.id, coalesce(standing.rank, 0) AS rank
      FROM public.organizations AS known
        LEFT JOIN standing ON standing.organization_id = known.id
      WHERE (find_organizations.search IS NULL
          OR known.id BETWEEN first_id AND last_id
          OR lower(known.name) COLLATE "C" >= prefix AND lower(known.name) COLLATE "C" < prefix || chr(1114111))
        AND (find_organizations.plan IS NULL OR known.plan = find_organizations.plan)
        AND (find_organizations.status IS NULL OR known.status = find_organizations.status)
        AND (NOT near_limit OR standing.is_near_limit)
    )
    SELECT listed.id, listed.rank::text
    FROM listed
    WHERE behind_id IS NULL OR (listed.rank, listed.id) < (behind_key::numeric, behind_id)
    ORDER BY listed.rank DESC, listed.id DESC
    LIMIT row_limit;
    RETURN;
  END IF;

  RETURN QUERY
  SELECT known.id,
    CASE
      WHEN sort = 'name' THEN lower(known.name)
      ELSE (extract(epoch FROM known.created_at) * 1000000)::bigint::text
    END
  FROM public.organizations AS known
  WHERE (find_organizations.search IS NULL
      OR known.id BETWEEN first_id AND last_id
      OR lower(known.name) COLLATE "C" >= prefix AND lower(known.name) COLLATE "C" < prefix || chr(1114111))
    AND (find_organizations.plan IS NULL OR known.plan = find_organizations.plan)
    AND (find_organizations.status IS NULL OR known.status = find_organizations.status)
    AND (behind_id IS NULL
      OR sort = 'name' AND (lower(known.name) COLLATE "C", known.id) > (behind_key COLLATE "C", behind_id)
      OR sort <> 'name' AND (known.created_at, known.id) < (last_created_at, behind_id))
    AND (NOT near_limit OR EXISTS (
      SELECT
      FROM public.ai_tokens AS token
        JOIN tollgate.token_types AS kind ON kind.token_type = token.token_type
      WHERE token.organization_id = known.id
        AND token.total_allocated > 0
        AND tollgate.balance_state(token.balance - token.reserved, token.total_allocated, kind)
          IN ('critical', 'exhausted')
    ))
  ORDER BY
    CASE WHEN sort = 'name' THEN lower(known.name) COLLATE "C" END,
    CASE WHEN sort = 'name' THEN known.id END,
    CASE WHEN sort <> 'name' THEN known.created_at END DESC,
    CASE WHEN sort <> 'name' THEN known.id END DESC
  LIMIT row_limit;
END
$$;
COMMENT ON FUNCTION tollgate.find_organizations(text, text, text, boolean, text, uuid, text, integer) IS
  'The ids of a page of all organizations, with what each is sorted by. search: how the name or, with four digits or more, the id begins, in any case; near_limit: only those with a balance on a plan that is critical or exhausted; sort: created (newest first), name, used (most first) or available (least first). Those that come behind one with behind_id that had behind_key for its sort_key, whatever became of it. used, available and near_limit go by the balances as last booked.';
REVOKE ALL ON FUNCTION tollgate.find_organizations(text, text, text, boolean, text, uuid, text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.find_organizations(text, text, text, boolean, text, uuid, text, integer) TO service_role, tollgate_server;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
