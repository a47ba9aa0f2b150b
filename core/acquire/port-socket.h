/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* port-socket.h: what TCP and UDP ports share: names, addresses, waiting on a socket. */
#pragma once

#include <host/mgh-clock.h>

/* Splits "host:port"; FALSE with MG_ERROR_CONFIG. */
gboolean port_split (const char *host_port, char **host, guint16 *port, GError **error);
/* The addresses (GSocketAddress, full) of "host:port", looked up without hanging past `until_us` or the cancellable. */
GList *port_resolve (const char *host_port, gint64 until_us, GCancellable *cancellable, GError **error);
/* Waits for `events`. 1: there; 0: time is over; -1: cancelled. */
gint port_wait (int fd, short events, gint64 until_us, GCancellable *cancellable, GError **error);
/* "192.0.2.7:502", "[::1]:502" (full) */
char *port_address_text (GSocketAddress *address);
