#pragma once
#include <libpq-fe.h>

// The PG_DIAG_* codes are character literals, which Swift does not import.

static inline const char *tollgate_result_sqlstate(const PGresult *result) {
  return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}

// "FATAL", "ERROR", "WARNING" …, whatever the server's language is.
static inline const char *tollgate_result_severity(const PGresult *result) {
  return PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
}

static inline const char *tollgate_result_message(const PGresult *result) {
  return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
}

static inline const char *tollgate_result_constraint(const PGresult *result) {
  return PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
}

// The function of the server's source that reported the error or notice.
static inline const char *tollgate_result_source_function(const PGresult *result) {
  return PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
}
