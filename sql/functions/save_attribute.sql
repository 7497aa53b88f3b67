CREATE OR REPLACE FUNCTION tollgate.save_attribute(
  organization_id uuid,
  attribute_id uuid,
  instructions text,
  examples jsonb DEFAULT '[]',
  signals jsonb DEFAULT '[]',
  active boolean DEFAULT NULL,
  is_dry_run boolean DEFAULT false,
  user_id uuid DEFAULT NULL,
  membership_required boolean DEFAULT false
) RETURNS tollgate.content_decision
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  caller CONSTANT record := tollgate.identify_caller(save_attribute.organization_id, save_attribute.user_id);
  example_texts CONSTANT text[] := tollgate.content_texts(examples);
  signal_texts CONSTANT text[] := tollgate.content_texts(signals);
  settings tollgate.content_budgets;
  before tollgate.content_attributes;
  is_new boolean;
  stored_bytes bigint;
  added_bytes bigint := tollgate.content_bytes(instructions, examples, signals);
  decision tollgate.content_decision;
BEGIN
  is_dry_run := coalesce(is_dry_run, false);
  IF (save_attribute.attribute_id IS NOT NULL
      AND cardinality(example_texts) <= 1000 AND cardinality(signal_texts) <= 1000
      AND octet_length(instructions) + octet_length(array_to_string(example_texts || signal_texts, '')) <= 65536)
    IS NOT TRUE
  THEN
    RAISE EXCEPTION 'Examples and signals are each a text or a list of at most 1000 texts; the texts of an attribute have at most 65536 bytes.'
      USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[caller.organization_id]);
  decision.outcome := CASE
    WHEN is_dry_run THEN tollgate.may_read(caller.organization_id, caller.user_id,
      caller.membership_required OR coalesce(save_attribute.membership_required, true))
    ELSE tollgate.may_change(caller.organization_id, caller.user_id,
      caller.membership_required OR coalesce(save_attribute.membership_required, true))
  END;
  IF decision.outcome <> 'success' THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN decision;
  END IF;

  settings := CASE
    WHEN is_dry_run THEN tollgate.read_content_budget(caller.organization_id)
    ELSE tollgate.lock_content_budget(caller.organization_id)
  END;
  SELECT kept.*
  INTO before
  FROM tollgate.content_attributes AS kept
  WHERE kept.organization_id = caller.organization_id AND kept.attribute_id = save_attribute.attribute_id;
  is_new := NOT FOUND;
  stored_bytes := tollgate.stored_content_bytes(settings);
  IF NOT is_new THEN
    added_bytes := added_bytes - tollgate.content_bytes(before.instructions, before.examples, before.signals);
  END IF;

  decision.is_active := coalesce(save_attribute.active, before.active, true);
  decision.tokens := tollgate.count_content(settings.counter, instructions, examples, signals);
  decision.budget := tollgate.content_budget_tokens(settings.level, settings.budget_tokens);
  decision.used := settings.active_tokens;
  decision.used_after := decision.used
    - CASE WHEN before.active THEN before.tokens ELSE 0 END
    + CASE WHEN decision.is_active THEN decision.tokens ELSE 0 END;
  decision := tollgate.judge_content(caller.organization_id,
    decision.is_active AND (before.active AND decision.tokens <= before.tokens) IS NOT TRUE,
    ARRAY[save_attribute.attribute_id], decision);
  IF is_new AND settings.attribute_count >= 10000 OR added_bytes > 0 AND stored_bytes + added_bytes > 16777216 THEN
    decision.outcome := 'too_many_attributes';
  END IF;

  IF decision.outcome = 'success' AND NOT is_dry_run THEN
    settings.active_tokens := decision.used_after;
    settings.stored_bytes := stored_bytes + added_bytes;
    IF is_new THEN
      settings.attribute_count := settings.attribute_count + 1;
      settings.last_number := settings.last_number + 1;
      INSERT INTO tollgate.content_attributes
        (organization_id, attribute_id, number, instructions, examples, signals, active, tokens, created_at, updated_at)
      VALUES
        (caller.organization_id, save_attribute.attribute_id, settings.last_number, save_attribute.instructions,
         save_attribute.examples, save_attribute.signals, decision.is_active, decision.tokens, tollgate.moment(),
         tollgate.moment());
    ELSE
      UPDATE tollgate.content_attributes AS kept
      SET instructions = save_attribute.instructions,
        examples = save_attribute.examples,
        signals = save_attribute.signals,
        active = decision.is_active,
        tokens = decision.tokens,
        updated_at = tollgate.moment()
      WHERE kept.organization_id = caller.organization_id AND kept.attribute_id = save_attribute.attribute_id;
    END IF;
    PERFORM tollgate.write_content_budget(settings);
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN decision;
END
$$;
COMMENT ON FUNCTION tollgate.save_attribute(uuid, uuid, text, jsonb, jsonb, boolean, boolean, uuid, boolean) IS
  'Makes an attribute or replaces its texts. active NULL: as it is, and a new one is active. Refused (budget_exceeded) where it would become active or grow beyond the budget, and (too_many_attributes) where the organization would have more than 10000, or more than 16 MiB of texts. A dry run decides the same and changes nothing. Raises TG400 for content that is none, TG401 and TG403 as tollgate.identify_caller().';
REVOKE ALL ON FUNCTION tollgate.save_attribute(uuid, uuid, text, jsonb, jsonb, boolean, boolean, uuid, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.save_attribute(uuid, uuid, text, jsonb, jsonb, boolean, boolean, uuid, boolean) TO authenticated, service_role, tollgate_server;
