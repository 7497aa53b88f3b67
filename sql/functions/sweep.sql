-- What nobody touches becomes due all the same. Every use applies what is due to its balance first, so that nothing here
-- decides anything: it keeps rows, reports and what reads tables itself from being late.
CREATE OR REPLACE FUNCTION tollgate.sweep(
  batch_limit integer DEFAULT 500,
  everywhere boolean DEFAULT false
) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  due record;
  swept integer := 0;
BEGIN
  IF (batch_limit BETWEEN 1 AND 10000) IS NOT TRUE THEN
    RAISE EXCEPTION 'A sweep takes 1 to 10000 balances.' USING ERRCODE = 'TG400';
  END IF;
  SELECT * INTO due FROM tollgate.find_due_balances(batch_limit, everywhere IS TRUE);
  PERFORM tollgate.admit_organizations(due.organization_ids || due.replanned_ids);
  BEGIN
    swept := tollgate.bring_up_to_date(due.organization_ids, due.token_types);
  EXCEPTION
    WHEN data_exception OR integrity_constraint_violation THEN
      -- One balance that cannot be brought up to date keeps no other from it.
      FOR number IN 1..cardinality(due.organization_ids) LOOP
        BEGIN
          swept := swept
            + tollgate.bring_up_to_date(due.organization_ids[number:number], due.token_types[number:number]);
        EXCEPTION
          WHEN data_exception OR integrity_constraint_violation THEN
            RAISE WARNING 'balance % of organization % cannot be brought up to date: %',
              due.token_types[number], due.organization_ids[number], SQLERRM;
        END;
      END LOOP;
  END;
  swept := swept + tollgate.begin_next_plans(due.replanned_ids);
  swept := swept + tollgate.sweep_caches(batch_limit);
  PERFORM tollgate.admit_organizations('{}');
  RETURN swept;
END
$$;
COMMENT ON FUNCTION tollgate.sweep(integer, boolean) IS
  'Books what is due to at most batch_limit balances of any organizations (resets, expired packs and reservations; with everywhere also changes by hand, which reads all balances), begins next plans whose time has come, deletes as many entries of decision caches that have ended, and returns how many of all these it changed. Any number may sweep at once; what is locked is left to who has it.';
REVOKE ALL ON FUNCTION tollgate.sweep(integer, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.sweep(integer, boolean) TO service_role, tollgate_server;
