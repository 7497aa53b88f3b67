CREATE OR REPLACE FUNCTION tollgate.activate_attributes(
  organization_id uuid,
  attribute_ids uuid[],
  idempotency_key text DEFAULT NULL,
  user_id uuid DEFAULT NULL,
  membership_required boolean DEFAULT false
) RETURNS tollgate.content_decision
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  caller CONSTANT record := tollgate.identify_caller(activate_attributes.organization_id, activate_attributes.user_id);
  wanted CONSTANT uuid[] := ARRAY(SELECT DISTINCT named FROM unnest(attribute_ids) AS named ORDER BY named);
  request CONSTANT bigint := hash_record_extended(ROW('activate_attributes'::text, caller.user_id, wanted), 0);
  settings tollgate.content_budgets;
  remembered record;
  known_count bigint;
  inactive_count bigint;
  decision tollgate.content_decision;
BEGIN
  IF (cardinality(attribute_ids) BETWEEN 1 AND 1000 AND array_position(attribute_ids, NULL) IS NULL) IS NOT TRUE THEN
    RAISE EXCEPTION '1 to 1000 attributes are activated at once.' USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[caller.organization_id]);
  decision.outcome := tollgate.may_change(caller.organization_id, caller.user_id,
    caller.membership_required OR coalesce(activate_attributes.membership_required, true));
  IF decision.outcome <> 'success' THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN decision;
  END IF;

  settings := tollgate.lock_content_budget(caller.organization_id);
  remembered := tollgate.recall_answer(caller.organization_id, activate_attributes.idempotency_key, request);
  IF remembered.outcome IS NOT NULL THEN
    decision := jsonb_populate_record(NULL::tollgate.content_decision, remembered.answer);
    decision.outcome := remembered.outcome;
    decision.is_replay := remembered.outcome = 'success';
    PERFORM tollgate.admit_organizations('{}');
    RETURN decision;
  END IF;

  SELECT count(*), count(*) FILTER (WHERE NOT kept.active),
    coalesce(sum(kept.tokens) FILTER (WHERE NOT kept.active), 0)::bigint
  INTO known_count, inactive_count, decision.tokens
  FROM tollgate.content_attributes AS kept
  WHERE kept.organization_id = caller.organization_id AND kept.attribute_id = ANY (wanted);
  decision.is_active := true;
  decision.budget := tollgate.content_budget_tokens(settings.level, settings.budget_tokens);
  decision.used := settings.active_tokens;
  decision.used_after := decision.used + decision.tokens;
  decision := tollgate.judge_content(caller.organization_id, inactive_count > 0, wanted, decision);
  IF known_count < cardinality(wanted) THEN
    decision.outcome := 'unknown_attribute';
  ELSIF decision.outcome = 'success' AND NOT tollgate.remember_answer(
    caller.organization_id, activate_attributes.idempotency_key, request, to_jsonb(decision))
  THEN
    decision.outcome := 'idempotency_key_reused';
  END IF;

  IF decision.outcome = 'success' AND inactive_count > 0 THEN
    UPDATE tollgate.content_attributes AS kept
    SET active = true,
      updated_at = tollgate.moment()
    WHERE kept.organization_id = caller.organization_id
      AND kept.attribute_id = ANY (wanted)
      AND NOT kept.active;
    settings.active_tokens := decision.used_after;
    PERFORM tollgate.write_content_budget(settings);
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN decision;
END
$$;
COMMENT ON FUNCTION tollgate.activate_attributes(uuid, uuid[], text, uuid, boolean) IS
  'Activates attributes, all of them or, where one is unknown or they do not fit together, none. tokens are those that it adds. Under an idempotency key the same request is answered the same again. Raises TG400 for a list that is none, TG401 and TG403 as tollgate.identify_caller().';
REVOKE ALL ON FUNCTION tollgate.activate_attributes(uuid, uuid[], text, uuid, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.activate_attributes(uuid, uuid[], text, uuid, boolean) TO authenticated, service_role, tollgate_server;
