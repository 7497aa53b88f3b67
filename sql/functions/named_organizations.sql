CREATE OR REPLACE FUNCTION tollgate.named_organizations(organization_ids uuid[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
  SELECT CASE
    WHEN cardinality(array_remove(organization_ids, organization_ids[1])) = 0 THEN organization_ids[1:1]
    ELSE organization_ids
  END::text
$$;
COMMENT ON FUNCTION tollgate.named_organizations(uuid[]) IS
  'The organizations of a batch, as the setting tollgate.organizations takes them. Every policy reads it again: it is short where a whole batch is of one organization.';
REVOKE ALL ON FUNCTION tollgate.named_organizations(uuid[]) FROM PUBLIC;
