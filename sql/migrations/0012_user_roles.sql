-- What a user may do in its organization. Tokens say who somebody is, never what they may do.

SET LOCAL ROLE tollgate_owner;

ALTER TABLE public.user_profiles ADD COLUMN role text NOT NULL DEFAULT 'member';
ALTER TABLE public.user_profiles
  ADD CONSTRAINT "a user's role is one there is" CHECK (role IN ('viewer', 'member')) NOT VALID;
ALTER TABLE public.user_profiles VALIDATE CONSTRAINT "a user's role is one there is";
COMMENT ON COLUMN public.user_profiles.role IS 'viewer: sees what the organization has and does, and moves none of it. member: spends as well.';
