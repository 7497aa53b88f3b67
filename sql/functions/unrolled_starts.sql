-- Without settings, so that it can become a part of the statements that call it.
CREATE OR REPLACE FUNCTION tollgate.unrolled_starts(organization_ids uuid[], margin interval) RETURNS TABLE (
  organization_id uuid,
  before_id uuid,
  from_id uuid,
  from_time timestamptz,
  rolled_before timestamptz,
  settled_at timestamptz,
  settled_id uuid
)
LANGUAGE sql STABLE
AS $$
  SELECT
    named.organization_id,
    tollgate.first_id_at(coalesce(rolled.rolled_before, '-infinity')),
    tollgate.first_id_at(least(rolled.rolled_before, coalesce(rolled.looked_from - margin, '-infinity'))),
    coalesce(least(rolled.rolled_before, coalesce(rolled.looked_from - margin, '-infinity')) - interval '1 hour', '-infinity'),
    coalesce(rolled.rolled_before, '-infinity'),
    seal.settled_at,
    tollgate.first_id_at(seal.settled_at)
  FROM unnest(organization_ids) AS named (organization_id)
    CROSS JOIN tollgate.rollup_seal AS seal
    LEFT JOIN tollgate.rolled_organizations AS rolled ON rolled.organization_id = named.organization_id
$$;
COMMENT ON FUNCTION tollgate.unrolled_starts(uuid[], interval) IS
  'Where to look for what is not rolled up: ids from from_id and times from from_time on, margin before where the last roll-up began to leave some (NULL: from the first row on); and of rows without a place in a chain, ids from before_id on, of which those from settled_id on wait for the seal.';
REVOKE ALL ON FUNCTION tollgate.unrolled_starts(uuid[], interval) FROM PUBLIC;
