CREATE OR REPLACE FUNCTION tollgate.delete_attribute(
  organization_id uuid,
  attribute_id uuid,
  user_id uuid DEFAULT NULL,
  membership_required boolean DEFAULT false
) RETURNS tollgate.content_decision
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  caller CONSTANT record := tollgate.identify_caller(delete_attribute.organization_id, delete_attribute.user_id);
  settings tollgate.content_budgets;
  gone tollgate.content_attributes;
  decision tollgate.content_decision;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[caller.organization_id]);
  decision.outcome := tollgate.may_change(caller.organization_id, caller.user_id,
    caller.membership_required OR coalesce(delete_attribute.membership_required, true));
  IF decision.outcome <> 'success' THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN decision;
  END IF;

  settings := tollgate.lock_content_budget(caller.organization_id);
  settings.stored_bytes := tollgate.stored_content_bytes(settings);
  DELETE FROM tollgate.content_attributes AS kept
  WHERE kept.organization_id = caller.organization_id AND kept.attribute_id = delete_attribute.attribute_id
  RETURNING kept.* INTO gone;
  IF NOT FOUND THEN
    decision.outcome := 'unknown_attribute';
  ELSE
    decision.tokens := gone.tokens;
    decision.is_active := false;
    decision.budget := tollgate.content_budget_tokens(settings.level, settings.budget_tokens);
    decision.used := settings.active_tokens;
    decision.used_after := decision.used - CASE WHEN gone.active THEN gone.tokens ELSE 0 END;
    decision := tollgate.judge_content(caller.organization_id, false, '{}', decision);
    settings.active_tokens := decision.used_after;
    settings.attribute_count := settings.attribute_count - 1;
    settings.stored_bytes :=
      settings.stored_bytes - tollgate.content_bytes(gone.instructions, gone.examples, gone.signals);
    PERFORM tollgate.write_content_budget(settings);
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN decision;
END
$$;
COMMENT ON FUNCTION tollgate.delete_attribute(uuid, uuid, uuid, boolean) IS
  'Deletes an attribute; the tokens of an active one are free again. Raises TG401 and TG403 as tollgate.identify_caller().';
REVOKE ALL ON FUNCTION tollgate.delete_attribute(uuid, uuid, uuid, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.delete_attribute(uuid, uuid, uuid, boolean) TO authenticated, service_role, tollgate_server;
