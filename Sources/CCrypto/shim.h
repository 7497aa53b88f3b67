#pragma once
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <sys/prctl.h>

/* A macro of macros, which Swift does not import. */

static inline int tollgate_public_key_selection(void) { return EVP_PKEY_PUBLIC_KEY; }

/* Variadic. */
static inline int tollgate_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
