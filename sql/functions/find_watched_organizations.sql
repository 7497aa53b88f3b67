-- Runs as tollgate_reporter, whose policies admit it to rules, raised alerts and organizations of all, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_reporter;
SET LOCAL ROLE tollgate_reporter;
CREATE OR REPLACE FUNCTION tollgate.find_watched_organizations(behind_id uuid, row_limit integer) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT array_agg(watched.id)
  FROM (
    SELECT found.id
    FROM (
      (
        SELECT organization.id
        FROM public.organizations AS organization
        WHERE organization.id > behind_id
          AND EXISTS (
            SELECT
            FROM tollgate.alerts AS rule
            WHERE rule.organization_id = '00000000-0000-0000-0000-000000000000' AND rule.active
          )
        ORDER BY organization.id
        LIMIT row_limit
      )
      UNION
      (
        SELECT DISTINCT rule.organization_id
        FROM tollgate.alerts AS rule
        WHERE rule.organization_id > behind_id AND rule.active
        ORDER BY rule.organization_id
        LIMIT row_limit
      )
      UNION
      (
        SELECT DISTINCT raised.organization_id
        FROM tollgate.alert_states AS raised
        WHERE raised.organization_id > behind_id AND raised.is_raised
        ORDER BY raised.organization_id
        LIMIT row_limit
      )
    ) AS found
    WHERE found.id > '00000000-0000-0000-0000-000000000000'
    ORDER BY found.id
    LIMIT row_limit
  ) AS watched
$$;
COMMENT ON FUNCTION tollgate.find_watched_organizations(uuid, integer) IS
  'The next organizations, in the order of their ids, that a rule is about or for which an alert is raised; NULL: there is none behind this one.';
REVOKE ALL ON FUNCTION tollgate.find_watched_organizations(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.find_watched_organizations(uuid, integer) TO tollgate_owner;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
