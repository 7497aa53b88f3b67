-- tollgate.roll_up_organizations() also says whether it left some of an organization: a turn of rolling up is the last one
-- where none did, and not where nothing new came meanwhile, which under load is never.

SET LOCAL ROLE tollgate_owner;

DROP FUNCTION IF EXISTS tollgate.roll_up_organizations(uuid[], bigint);
