CREATE OR REPLACE FUNCTION tollgate.read_content_usage(
  organization_id uuid,
  user_id uuid DEFAULT NULL,
  membership_required boolean DEFAULT false
) RETURNS TABLE (
  outcome text,
  used bigint,
  budget bigint,
  remaining bigint,
  percent_used bigint,
  level integer,
  level_title text,
  state text,
  message text,
  warning text,
  largest jsonb,
  deactivate jsonb
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  caller CONSTANT record := tollgate.identify_caller(read_content_usage.organization_id, read_content_usage.user_id);
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[caller.organization_id]);
  outcome := tollgate.may_read(caller.organization_id, caller.user_id,
    caller.membership_required OR coalesce(read_content_usage.membership_required, true));
  IF outcome = 'success' THEN
    SELECT
      standing.used, standing.budget, standing.remaining, standing.percent_used, standing.level, standing.level_title,
      standing.state,
      tollgate.content_message(true, standing.used, standing.budget),
      tollgate.content_warning(standing.used, standing.budget),
      tollgate.content_to_deactivate(caller.organization_id, standing.used - standing.budget)
    INTO used, budget, remaining, percent_used, level, level_title, state, message, warning, deactivate
    FROM tollgate.content_standing(tollgate.read_content_budget(caller.organization_id)) AS standing;
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', item.attribute_id, 'tokens', item.tokens)), '[]')
    INTO largest
    FROM (
      SELECT kept.attribute_id, kept.tokens
      FROM tollgate.content_attributes AS kept
      WHERE kept.organization_id = caller.organization_id AND kept.active
      ORDER BY kept.tokens DESC, kept.attribute_id
      LIMIT 10
    ) AS item;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN NEXT;
END
$$;
COMMENT ON FUNCTION tollgate.read_content_usage(uuid, uuid, boolean) IS
  'How full an organization''s content budget is, in tokens, with the lines that apps show people, the ten largest active attributes, and what to deactivate where it is over the budget. outcome: success, forbidden or unknown_organization. Raises TG401 and TG403 as tollgate.identify_caller().';
REVOKE ALL ON FUNCTION tollgate.read_content_usage(uuid, uuid, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_content_usage(uuid, uuid, boolean) TO authenticated, service_role, tollgate_server;
