CREATE OR REPLACE FUNCTION tollgate.write_pack_uses(uses tollgate.pack_uses[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF cardinality(uses) = 0 THEN
    RETURN;
  END IF;
  INSERT INTO tollgate.pack_uses
  SELECT used.*
  FROM unnest(uses) AS used
  -- Only a change of `purchased` by hand can take of a pack twice at one movement.
  ON CONFLICT DO NOTHING;
  UPDATE tollgate.token_packs AS pack
  SET remaining = pack.remaining - used.amount
  FROM (
    SELECT use.organization_id, use.pack_id, sum(use.amount) AS amount
    FROM unnest(uses) AS use
    GROUP BY use.organization_id, use.pack_id
  ) AS used
  WHERE pack.organization_id = used.organization_id AND pack.pack_id = used.pack_id;
END
$$;
COMMENT ON FUNCTION tollgate.write_pack_uses(tollgate.pack_uses[]) IS
  'Books what was taken of packs. The caller has locked their balances.';
REVOKE ALL ON FUNCTION tollgate.write_pack_uses(tollgate.pack_uses[]) FROM PUBLIC;
