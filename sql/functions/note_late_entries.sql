-- A row without a place in a chain is looked for by its id. Whoever writes one with an id from before what was announced,
-- or of a time far behind the row's, names it here: it would be passed by.
--
-- First a transaction number, then a look at what is announced: whoever waits until all transactions with smaller numbers
-- have ended knows that all others have seen the announcement. Where a transaction looks at the database as it was
-- when it began, it may not see it, and names all its rows.
CREATE OR REPLACE FUNCTION tollgate.note_late_entries(
  organization_ids uuid[],
  ids uuid[],
  is_wanted boolean[]
) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM pg_current_xact_id();
  INSERT INTO tollgate.late_entries (organization_id, id, created_at)
  SELECT written.organization_id, written.id, tollgate.moment()
  FROM unnest(organization_ids, ids, is_wanted) AS written (organization_id, id, is_wanted)
    CROSS JOIN tollgate.rollup_seal AS seal
  WHERE written.is_wanted
    AND (written.id < tollgate.first_id_at(seal.announced_at)
      OR tollgate.is_irregular(written.id, tollgate.moment())
      OR current_setting('transaction_isolation') <> 'read committed')
  ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION tollgate.note_late_entries(uuid[], uuid[], boolean[]) IS
  'Names those of the rows that this transaction writes now, at tollgate.moment(), which whoever rolls up would not find by their ids.';
REVOKE ALL ON FUNCTION tollgate.note_late_entries(uuid[], uuid[], boolean[]) FROM PUBLIC;
