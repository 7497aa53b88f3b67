CREATE OR REPLACE FUNCTION tollgate.lock_content_budget(organization_id uuid) RETURNS tollgate.content_budgets
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
-- Whoever waits holds a connection that others want.
SET lock_timeout = '1s'
AS $$
DECLARE
  settings tollgate.content_budgets;
BEGIN
  FOR attempt IN 1..2 LOOP
    SELECT kept.*
    INTO settings
    FROM tollgate.content_budgets AS kept
    WHERE kept.organization_id = lock_content_budget.organization_id
    FOR NO KEY UPDATE;
    EXIT WHEN FOUND;
    INSERT INTO tollgate.content_budgets (organization_id, created_at, updated_at)
    VALUES (lock_content_budget.organization_id, tollgate.moment(), tollgate.moment())
    ON CONFLICT ON CONSTRAINT "an organization has one content budget" DO NOTHING;
  END LOOP;
  RETURN settings;
END
$$;
COMMENT ON FUNCTION tollgate.lock_content_budget(uuid) IS
  'The row of an organization''s content budget, made where there is none, and locked: whoever changes what is active has it first, so that each sees the sum that the one before left. Waits for a second at the most. The caller has admitted itself.';
REVOKE ALL ON FUNCTION tollgate.lock_content_budget(uuid) FROM PUBLIC;
