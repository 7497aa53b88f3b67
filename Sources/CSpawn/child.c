#define _GNU_SOURCE

#include "child.h"

const short child_own_session = POSIX_SPAWN_SETSID;

int child_close_from(posix_spawn_file_actions_t *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}
