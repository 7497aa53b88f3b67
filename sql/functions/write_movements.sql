CREATE OR REPLACE FUNCTION tollgate.write_movements(
  entries tollgate.ledger_entries[],
  begun tollgate.reservations[],
  changed tollgate.reservations[],
  refunds tollgate.refunds[]
) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF cardinality(begun) > 0 THEN
    INSERT INTO tollgate.reservations
    SELECT held.*
    FROM unnest(begun) AS held;
  END IF;
  IF cardinality(changed) > 0 THEN
    UPDATE tollgate.reservations AS held
    SET status = now_is.status,
      captured = now_is.captured,
      transaction_id = now_is.transaction_id,
      expires_at = now_is.expires_at,
      finished_at = now_is.finished_at
    FROM unnest(changed) AS now_is
    WHERE held.organization_id = now_is.organization_id AND held.reservation_id = now_is.reservation_id;
  END IF;
  IF cardinality(refunds) > 0 THEN
    INSERT INTO tollgate.refunds
    SELECT refund.*
    FROM unnest(refunds) AS refund;
  END IF;
  IF cardinality(entries) > 0 THEN
    INSERT INTO tollgate.ledger_entries
    SELECT entry.*
    FROM unnest(entries) AS entry;
  END IF;
END
$$;
COMMENT ON FUNCTION tollgate.write_movements(tollgate.ledger_entries[], tollgate.reservations[], tollgate.reservations[], tollgate.refunds[]) IS
  'Writes what items of a batch came to, each reservation and charge once: rows of the ledger, reservations that have begun and those that have changed, refunds.';
REVOKE ALL ON FUNCTION tollgate.write_movements(tollgate.ledger_entries[], tollgate.reservations[], tollgate.reservations[], tollgate.refunds[]) FROM PUBLIC;
