CREATE OR REPLACE FUNCTION tollgate.set_limit_override(
  organization_id uuid,
  limit_name text,
  maximum bigint
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF maximum NOT BETWEEN 0 AND 1000000000000000 THEN
    RAISE EXCEPTION 'A limit is between 0 and 10^15.' USING ERRCODE = 'TG422';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[set_limit_override.organization_id]);
  PERFORM tollgate.require_limit(set_limit_override.organization_id, set_limit_override.limit_name);
  INSERT INTO tollgate.limit_overrides (organization_id, limit_name, maximum)
  VALUES (set_limit_override.organization_id, set_limit_override.limit_name, set_limit_override.maximum)
  ON CONFLICT ON CONSTRAINT "an organization overrides a limit once" DO UPDATE
  SET maximum = excluded.maximum;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.set_limit_override(uuid, text, bigint) IS
  'Gives one organization its own maximum of a limit, from the next charge on; NULL: no limit. Raises TG404 for an unknown organization or limit, TG422 for a maximum out of range.';
REVOKE ALL ON FUNCTION tollgate.set_limit_override(uuid, text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.set_limit_override(uuid, text, bigint) TO service_role, tollgate_server;
