-- tollgate.roll_up_organizations() also says of which organizations it left some: a turn of rolling up is the last one where
-- it left none, and not where nothing new came meanwhile, which under load is never.

SET LOCAL ROLE tollgate_owner;

DROP FUNCTION IF EXISTS tollgate.roll_up_organizations(uuid[], bigint);
