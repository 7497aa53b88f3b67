CREATE OR REPLACE FUNCTION tollgate.record_checked_refusals(
  organization_ids uuid[],
  user_ids uuid[],
  features text[],
  reasons text[],
  token_types text[],
  required bigint[],
  balances bigint[],
  event_ids text[],
  transaction_ids uuid[]
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tollgate.admit_organizations(organization_ids);
  INSERT INTO tollgate.ledger_entries
    (id, organization_id, token_type, kind, amount, balance_before, balance_after, user_id, feature_used, reason,
     required, event_id)
  SELECT refused.id, refused.organization_id, refused.token_type, 'refusal', 0, refused.balance, refused.balance,
    refused.user_id, refused.feature, refused.reason, refused.required, refused.event_id
  FROM unnest(transaction_ids, organization_ids, user_ids, features, reasons, token_types, record_checked_refusals.required,
      balances, event_ids)
    AS refused (id, organization_id, user_id, feature, reason, token_type, required, balance, event_id);
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.record_checked_refusals(uuid[], uuid[], text[], text[], text[], bigint[], bigint[], text[], uuid[]) IS
  'Writes refusals that were decided by tollgate.check_balances: of a guard that lets a request through or not and spends nothing.';
REVOKE ALL ON FUNCTION tollgate.record_checked_refusals(uuid[], uuid[], text[], text[], text[], bigint[], bigint[], text[], uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.record_checked_refusals(uuid[], uuid[], text[], text[], text[], bigint[], bigint[], text[], uuid[]) TO tollgate_server;
