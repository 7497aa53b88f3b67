#pragma once
#include <jansson.h>

/* Macros and inline functions with atomics, which Swift does not import. */

static inline json_type tollgate_json_type(const json_t *value) { return json_typeof(value); }

static inline void tollgate_json_release(json_t *value) { json_decref(value); }

static inline enum json_error_code tollgate_json_error_code(const json_error_t *error) {
  return json_error_code(error);
}
