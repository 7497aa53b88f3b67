#pragma once

#include <spawn.h>

/// Has the new process close all descriptors from this one on: `posix_spawn_file_actions_addclosefrom_np`, which <spawn.h>
/// hides unless the GNU extensions are asked for. Returns an error number, 0 if there was none.
int child_close_from(posix_spawn_file_actions_t *actions, int first);

/// Begins a session with the new process: `POSIX_SPAWN_SETSID`, hidden likewise.
extern const short child_own_session;
