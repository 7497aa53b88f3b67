CREATE OR REPLACE FUNCTION tollgate.take_deliveries(
  lease_id uuid,
  lease_seconds integer,
  healthy_limit integer,
  failing_limit integer,
  email_limit integer,
  busy uuid[]
) RETURNS TABLE (
  organization_id uuid,
  delivery_id uuid,
  channel text,
  receiver_id uuid,
  address text,
  secret bytea,
  previous_secret bytea,
  attempts integer,
  is_failing boolean,
  event_id uuid,
  body text,
  subject text,
  message text,
  at timestamptz
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  organization_ids uuid[];
  delivery_ids uuid[];
  event_organization_ids uuid[];
BEGIN
  SELECT array_agg(due.organization_id), array_agg(due.delivery_id)
  INTO organization_ids, delivery_ids
  FROM tollgate.find_due_deliveries(tollgate.moment(), take_deliveries.healthy_limit, take_deliveries.failing_limit,
    take_deliveries.email_limit, take_deliveries.busy) AS due;
  IF delivery_ids IS NULL THEN
    RETURN;
  END IF;
  PERFORM tollgate.admit_organizations(organization_ids);
  WITH locked AS MATERIALIZED (
    SELECT held.organization_id, held.delivery_id
    FROM tollgate.deliveries AS held
      JOIN unnest(organization_ids, delivery_ids) AS due (organization_id, delivery_id)
        ON due.organization_id = held.organization_id AND due.delivery_id = held.delivery_id
    -- Another server has taken it since it was found, or is taking it.
    WHERE held.status = 'pending' AND held.next_attempt_at <= tollgate.moment()
    FOR UPDATE OF held SKIP LOCKED
  ),
  taken AS (
    UPDATE tollgate.deliveries AS held
    SET lease_id = take_deliveries.lease_id,
      next_attempt_at = tollgate.moment() + make_interval(secs => least(greatest(take_deliveries.lease_seconds, 1), 600)),
      attempted_at = tollgate.moment(),
      attempts = held.attempts + 1
    FROM locked
    WHERE held.organization_id = locked.organization_id AND held.delivery_id = locked.delivery_id
    RETURNING held.organization_id, held.delivery_id, held.event_organization_id
  )
  SELECT array_agg(taken.organization_id), array_agg(taken.delivery_id), array_agg(taken.event_organization_id)
  INTO organization_ids, delivery_ids, event_organization_ids
  FROM taken;
  IF delivery_ids IS NOT NULL THEN
    PERFORM tollgate.admit_organizations(organization_ids || event_organization_ids);
    RETURN QUERY
    SELECT held.organization_id, held.delivery_id, held.channel, held.receiver_id, coalesce(held.address, hook.url),
      hook.secret, CASE WHEN hook.previous_secret_ends_at > tollgate.moment() THEN hook.previous_secret END,
      held.attempts, hook.failing_since IS NOT NULL, held.event_id,
      format('{"type":%s,"timestamp":%s,"data":%s}', to_json(tollgate.event_type(event.kind)),
        to_json(tollgate.rfc3339(event.created_at)),
        event.payload || jsonb_build_object('eventId', event.event_id)
          || CASE event.organization_id
            WHEN '00000000-0000-0000-0000-000000000000' THEN '{}'
            ELSE jsonb_build_object('organizationId', event.organization_id, 'organizationName', organization.name)
          END),
      words.subject, words.message, event.created_at
    FROM unnest(organization_ids, delivery_ids) AS mine (organization_id, delivery_id)
      JOIN tollgate.deliveries AS held
        ON held.organization_id = mine.organization_id AND held.delivery_id = mine.delivery_id
      JOIN tollgate.events AS event
        ON event.organization_id = held.event_organization_id AND event.event_id = held.event_id
      LEFT JOIN public.organizations AS organization ON organization.id = event.organization_id
      LEFT JOIN tollgate.webhooks AS hook
        ON hook.organization_id = held.organization_id AND hook.webhook_id = held.receiver_id
      CROSS JOIN LATERAL tollgate.alert_words(event.payload, organization.name, event.created_at) AS words;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.take_deliveries(uuid, integer, integer, integer, integer, uuid[]) IS
  'Takes deliveries that are due, for lease_seconds: of webhooks in order, of failing ones, and by email, at most so many of each, and none of the busy receivers. Secrets are sealed; body is what a webhook gets, subject and message what an address gets. Who does not finish in time counts as dead, and another takes it.';
REVOKE ALL ON FUNCTION tollgate.take_deliveries(uuid, integer, integer, integer, integer, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.take_deliveries(uuid, integer, integer, integer, integer, uuid[]) TO tollgate_server;
