CREATE OR REPLACE VIEW tollgate.keys WITH (security_invoker = true) AS
SELECT
  key.organization_id,
  key.key_id,
  key.name,
  key.scopes,
  CASE
    WHEN key.revoked_at IS NOT NULL THEN 'revoked'
    WHEN key.expires_at <= tollgate.moment() THEN 'expired'
    WHEN key.grace_ends_at <= tollgate.moment() THEN 'replaced'
    WHEN key.grace_ends_at IS NOT NULL THEN 'in_grace'
    ELSE 'active'
  END AS status,
  key.created_at,
  key.created_by,
  key.expires_at,
  key.replaced_by,
  key.grace_ends_at,
  key.revoked_at,
  key.last_used_at
FROM tollgate.api_keys AS key;
COMMENT ON VIEW tollgate.keys IS 'API keys without their digests. The nil UUID stands for the service. Those whose status is active or in_grace are valid.';
GRANT SELECT ON tollgate.keys TO authenticated, service_role;
