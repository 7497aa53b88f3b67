CREATE OR REPLACE FUNCTION tollgate.find_holds(
  organization_ids uuid[],
  requests jsonb[]
) RETURNS tollgate.reservations[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN ARRAY(
    -- Materialized for the same reason as in tollgate.look_up_items().
    WITH named AS MATERIALIZED (
      SELECT item.n, item.organization_id, (item.request ->> 'reservationId')::uuid AS reservation_id
      FROM unnest(organization_ids, requests) WITH ORDINALITY AS item (organization_id, request, n)
    )
    SELECT (
      SELECT held
      FROM tollgate.reservations AS held
      WHERE held.organization_id = named.organization_id AND held.reservation_id = named.reservation_id
    )
    FROM named
    ORDER BY named.n
  );
END
$$;
COMMENT ON FUNCTION tollgate.find_holds(uuid[], jsonb[]) IS
  'The reservation that each item of a batch names, NULL for an item that names none.';
REVOKE ALL ON FUNCTION tollgate.find_holds(uuid[], jsonb[]) FROM PUBLIC;
