-- What the items of a batch come to is collected, and written in one statement for each table.
--
-- The functions that tollgate.decide_in_order() called before, and that wrote for themselves (apply_reserve with bigint
-- units, apply_capture, apply_release, apply_extend and apply_refund without what they are about), stay where they
-- are: a batch of an old server that waits for a lock of this migration goes on with the old one. A later migration drops them.

SET LOCAL ROLE tollgate_owner;

CREATE TYPE tollgate.refundable AS (
  id uuid,
  feature text,
  cost bigint,
  from_purchased bigint,
  refunded bigint,
  refunded_to_purchased bigint
);
COMMENT ON TYPE tollgate.refundable IS
  'A charge with what was given back of it so far.';

ALTER TYPE tollgate.applied
  ADD ATTRIBUTE reservation tollgate.reservations,
  ADD ATTRIBUTE refund tollgate.refunds;
COMMENT ON TYPE tollgate.applied IS
  'What an operation came to: the outcome, the balance, reservation and refund as they have to be written, the ledger''s row of it. Where the rest is NULL it is what was asked for.';
