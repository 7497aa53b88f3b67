"""What schemathesis cannot know: names that exist, and what a description in JSON Schema does not say."""

import ast
import json
import os
import threading
import uuid

import schemathesis

# CPython before 3.13 counts the depth of all threads' parsing together, and may then fail with a SystemError
# (python/cpython#106905). Hypothesis parses sources to describe what it made, in each of schemathesis' threads.
_parse = ast.parse
_parsing = threading.Lock()


def parse_alone(*arguments, **options):
    with _parsing:
        return _parse(*arguments, **options)


ast.parse = parse_alone

CALLER = os.environ["CONFORMANCE_CALLER"]
# Of one tenant: ids that exist, by the name of the path's parameter or of the collection in front of it.
KNOWN = json.loads(os.environ["CONFORMANCE_KNOWN"])

# Where a service has to name the organization, which a user may leave out. The schema is the same for both.
NAMED_IN_BODY = (
    "/api/v1/tokens/", "/api/v1/reservations", "/api/v1/actions/", "/api/v1/credentials/", "/api/v1/decisions/",
    "/api/attributes/",
)
NAMED_IN_QUERY = (
    "/api/v1/tokens/balance", "/api/v1/tokens/ledger", "/api/v1/tokens/transactions/", "/api/v1/guard/",
    "/api/token-usage", "/api/v1/tokens/usage", "/api/v1/tokens/history", "/api/v1/tokens/forecast", "/api/v1/alerts",
)
# Of these the methods that have no body.
NAMED_IN_QUERY_WITHOUT_BODY = (
    "/api/v1/reservations/", "/api/v1/credentials/", "/api/v1/decisions/", "/api/attributes",
)


def as_tollgate_writes_numbers(value):
    """JSON Schema takes 1.0 for an integer, and has no largest one. Tollgate refuses the first, and what 64 bits do not
    hold, also where anything may be written; out of range is out of range still."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-(2**63), min(value, 2**63 - 1))
    if isinstance(value, dict):
        return {name: as_tollgate_writes_numbers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [as_tollgate_writes_numbers(item) for item in value]
    return value


def name_organization(members):
    """Names one where none is named. What is there, right or wrong, stays."""
    if isinstance(members, dict) and members.get("organizationId") is None:
        members["organizationId"] = KNOWN["organization"]


def is_uuid(value):
    try:
        return str(uuid.UUID(value)) == value.lower()
    except (AttributeError, TypeError, ValueError):
        return False


def name_known(case):
    """Puts an id that exists into the path, for every other id that is made up."""
    made_up = (case.path_parameters or {}).get("id")
    if not is_uuid(made_up) or uuid.UUID(made_up).int % 2 == 0:
        return
    for collection, known in KNOWN["paths"].items():
        if case.path.startswith(collection):
            case.path_parameters["id"] = known


@schemathesis.hook
def filter_case(context, case):
    # The path is also one of an attribute, whose id would be "activate": the field Allow names those methods, too.
    return not (case.method == "OPTIONS" and case.path == "/api/attributes/activate")


@schemathesis.hook
def before_call(context, case, kwargs):
    case.body = as_tollgate_writes_numbers(case.body)
    if case.path_parameters:
        name_known(case)
    if CALLER != "service":
        return
    has_no_body = case.method in ("GET", "DELETE")
    if case.path.startswith(NAMED_IN_QUERY) or has_no_body and case.path.startswith(NAMED_IN_QUERY_WITHOUT_BODY):
        case.query = case.query or {}
        name_organization(case.query)
    elif case.path.startswith(NAMED_IN_BODY):
        name_organization(case.body)
        if isinstance(case.body, dict) and isinstance(case.body.get("items"), list):
            del case.body["organizationId"]
            for item in case.body["items"]:
                name_organization(item)
