CREATE OR REPLACE FUNCTION tollgate.current_balance(token public.ai_tokens, allocated bigint) RETURNS bigint
LANGUAGE sql STABLE
AS $$
  SELECT CASE
    WHEN token.refresh_date > now() OR token.refresh_date IS NULL AND token.id IS NOT NULL THEN token.balance
    ELSE coalesce(allocated, 0) + coalesce(least(token.purchased, token.balance), 0)
  END
$$;
COMMENT ON FUNCTION tollgate.current_balance(public.ai_tokens, bigint) IS
  'Tokens as of now, from the row (NULL: there is none yet) and the plan''s allocation: after the period''s end the allocation and what was bought; unused plan tokens do not roll over.';
REVOKE ALL ON FUNCTION tollgate.current_balance(public.ai_tokens, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.current_balance(public.ai_tokens, bigint) TO authenticated, service_role;
