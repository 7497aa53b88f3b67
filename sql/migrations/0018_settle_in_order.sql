-- Whether keys are known is asked where it matters: by the statement that writes a batch in which everybody can pay, and by what
-- decides any other.

SET LOCAL ROLE tollgate_owner;

DROP FUNCTION IF EXISTS tollgate.decide_in_order(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[], jsonb[], boolean);
