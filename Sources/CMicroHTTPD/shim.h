#pragma once

#include <microhttpd.h>
#include <sys/eventfd.h>

// Swift imports no variadic function: each one that is needed has a wrapper with a fixed signature here.

/// A counter to wake the event loop with, for which Swift has no declarations. -1 on failure.
static inline int microhttpd_make_wake_descriptor(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

/// Makes the descriptor readable. It can only fail when the counter is full, and then the descriptor is readable.
static inline void microhttpd_wake(int descriptor) { (void)eventfd_write(descriptor, 1); }

/// Makes the descriptor unreadable.
static inline void microhttpd_clear_wake(int descriptor) {
  eventfd_t count = 0;
  (void)eventfd_read(descriptor, &count);
}

/// Everything the daemon is started with. The closure is handed to all callbacks.
struct microhttpd_settings {
  int listen_socket;
  unsigned int connection_limit;
  size_t connection_memory_bytes;
  int strict_for_client;
  void *closure;
  /// Asked for each accepted socket, before anything else is done with it.
  MHD_AcceptPolicyCallback accept;
  MHD_AccessHandlerCallback access;
  void *(*target_received)(void *closure, const char *target, struct MHD_Connection *connection);
  MHD_RequestCompletedCallback completed;
  MHD_NotifyConnectionCallback connection_changed;
  /// Called before the library answers a malformed request by itself, among other troubles.
  MHD_LogCallback trouble;
};

/// Starts a daemon without a thread of its own, polled through its epoll descriptor. NULL on failure.
static inline struct MHD_Daemon *microhttpd_start(const struct microhttpd_settings *settings) {
  return MHD_start_daemon(
      MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, settings->accept, settings->closure,
      settings->access, settings->closure,
      MHD_OPTION_EXTERNAL_LOGGER, settings->trouble, settings->closure,
      MHD_OPTION_LISTEN_SOCKET, settings->listen_socket,
      MHD_OPTION_CONNECTION_LIMIT, settings->connection_limit,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->connection_memory_bytes,
      MHD_OPTION_CONNECTION_TIMEOUT, 0u,
      MHD_OPTION_STRICT_FOR_CLIENT, settings->strict_for_client,
      MHD_OPTION_URI_LOG_CALLBACK, settings->target_received, settings->closure,
      MHD_OPTION_NOTIFY_COMPLETED, settings->completed, settings->closure,
      MHD_OPTION_NOTIFY_CONNECTION, settings->connection_changed, settings->closure,
      MHD_OPTION_END);
}

/// The descriptor to poll for the daemon, or -1.
static inline int microhttpd_poll_descriptor(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
  return info == NULL ? -1 : info->epoll_fd;
}

/// True when the daemon has work that no descriptor will announce, so that it must be run without waiting.
static inline int microhttpd_has_pending_work(struct MHD_Daemon *daemon) {
  MHD_UNSIGNED_LONG_LONG milliseconds = 0;
  return MHD_get_timeout(daemon, &milliseconds) == MHD_YES && milliseconds == 0;
}

/// The socket of a connection, or -1.
static inline int microhttpd_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == NULL ? -1 : info->connect_fd;
}

/// The peer's address, or NULL.
static inline const struct sockaddr *microhttpd_peer(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info == NULL ? NULL : info->client_addr;
}

/// What the connection callback stored for this socket, or NULL.
static inline void *microhttpd_socket_context(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == NULL ? NULL : info->socket_context;
}

/// The length of the request line and header block with its empty line, or 0 when it is not complete.
static inline size_t microhttpd_header_bytes(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info == NULL ? 0 : info->header_size;
}

/// The status of the response that is queued, or 0.
static inline unsigned int microhttpd_queued_status(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_HTTP_STATUS);
  return info == NULL ? 0 : info->http_status;
}
