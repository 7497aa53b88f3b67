#pragma once

#include <stddef.h>

/// Told of bytes that a socket has given, before anybody else sees them.
typedef void (*receive_observer)(void *closure, int socket, const void *bytes, size_t count);

/// From now on tells the observer what the calling thread receives with `recv`. NULL ends that.
void receive_observe(receive_observer observer, void *closure);
