-- Invariant 18: what is secret of a credential or webhook is kept sealed, under a nonce of its own, and nobody else may read it.
WITH sealed AS (
  SELECT 'the client secret of ' || provider AS what, client_secret AS bytes
  FROM tollgate.providers
  UNION ALL
  SELECT format('the refresh token of organization %s for %s', organization_id, provider), refresh_token
  FROM tollgate.credentials
  UNION ALL
  SELECT format('the access token of organization %s for %s', organization_id, provider), access_token
  FROM tollgate.credentials
  WHERE access_token IS NOT NULL
  UNION ALL
  SELECT format('a verifier of organization %s for %s', organization_id, provider), verifier
  FROM tollgate.credential_authorizations
  UNION ALL
  SELECT format('the secret of webhook %s', webhook_id), secret
  FROM tollgate.webhooks
  UNION ALL
  SELECT format('the previous secret of webhook %s', webhook_id), previous_secret
  FROM tollgate.webhooks
  WHERE previous_secret IS NOT NULL
),
formed AS (
  SELECT
    what,
    bytes,
    CASE
      WHEN octet_length(bytes) < 32 THEN false
      ELSE get_byte(bytes, 0) = 1 AND get_byte(bytes, 1) BETWEEN 1 AND 32 AND octet_length(bytes) > 30 + get_byte(bytes, 1)
    END AS has_form
  FROM sealed
)
SELECT format('%s is not sealed in a form of a known version', what)
FROM formed
WHERE NOT has_form
UNION ALL
SELECT format('%s has the nonce of %s others, or was copied from there', min(what), count(*) - 1)
FROM formed
WHERE has_form
GROUP BY substr(bytes, 1, 14 + CASE WHEN has_form THEN get_byte(bytes, 1) END)
HAVING count(*) > 1
UNION ALL
SELECT format('%s may read %I of %s',
  CASE privilege.grantee WHEN 0 THEN 'everybody' ELSE privilege.grantee::regrole::text END, attname, class.oid::regclass)
FROM pg_class AS class
  JOIN pg_attribute ON attrelid = class.oid,
  aclexplode(class.relacl || attacl) AS privilege
WHERE (class.oid, attname) IN (
    (to_regclass('tollgate.providers'), 'client_secret'), (to_regclass('tollgate.credentials'), 'refresh_token'),
    (to_regclass('tollgate.credentials'), 'access_token'),
    (to_regclass('tollgate.credential_authorizations'), 'verifier'),
    (to_regclass('tollgate.credential_authorizations'), 'state_digest'), (to_regclass('tollgate.webhooks'), 'secret'),
    (to_regclass('tollgate.webhooks'), 'previous_secret'))
  AND privilege.grantee <> class.relowner
  AND privilege.privilege_type = 'SELECT'
